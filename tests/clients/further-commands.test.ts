import { describeTranscript } from "./support/scenario.ts";

describeTranscript("The AWS CLI, by tests/clients/further-commands.md", "tests/clients/further-commands.md");
