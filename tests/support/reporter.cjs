"use strict";
// Mocha takes one reporter: this one shows what another shows, and writes the figures for the runner.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

module.exports = class FiguresReporter {
  constructor(runner, options) {
    const { output, shown = "dot" } = options.reporterOptions;
    this.shown = new Mocha.reporters[shown === "spec" ? "Spec" : "Dot"](runner, options);
    const pending = [];
    runner.on("pending", (test) => pending.push({ fullTitle: test.fullTitle() }));
    runner.once("end", () => writeFileSync(output, JSON.stringify({ stats: runner.stats, pending })));
  }
};
