/** One reason why a definition is refused, as ValidateStateMachineDefinition lists them. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** The place in the definition, such as `/States/Validate/Next`. */
  readonly location: string;
}

/** Thrown for a definition that is not carried out, with every reason that was found. */
export class DefinitionError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", "));
    this.problems = problems;
  }
}

/** Thrown where one field is wrong; whoever reads the state collects it. */
export class FieldError extends Error {
  readonly code: string;
  readonly field: string;
  constructor(field: string, message: string, code = "SCHEMA_VALIDATION_FAILED") {
    super(message);
    this.code = code;
    this.field = field;
  }
}
