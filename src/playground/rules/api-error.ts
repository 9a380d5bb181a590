/** `{ field: { 0: { _errors: [...] } } }`, as Discord nests them. */
export interface FormErrorTree {
  _errors?: { code: string; message: string }[];
  [key: string]: FormErrorTree | { code: string; message: string }[] | undefined;
}

/** An answer that is not 2xx, in Discord's shape: `{ code, message, errors }`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: FormErrorTree | undefined;

  constructor(status: number, code: number, { message, errors }: ErrorText) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  toJSON(): object {
    return { message: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

interface ErrorText {
  message: string;
  errors?: FormErrorTree | undefined;
}

const known = (status: number, code: number, message: string) => (): ApiError =>
  new ApiError(status, code, { message });

/** Discord's own answers, by what went wrong; codes and words as its documentation and its server have them. */
export const apiErrors = {
  notFound: known(404, 0, "404: Not Found"),
  unauthorized: known(401, 0, "401: Unauthorized"),
  methodNotAllowed: known(405, 0, "405: Method Not Allowed"),
  unknownApplication: known(404, 10_002, "Unknown Application"),
  unknownChannel: known(404, 10_003, "Unknown Channel"),
  unknownGuild: known(404, 10_004, "Unknown Guild"),
  unknownMember: known(404, 10_007, "Unknown Member"),
  unknownMessage: known(404, 10_008, "Unknown Message"),
  unknownRole: known(404, 10_011, "Unknown Role"),
  unknownUser: known(404, 10_013, "Unknown User"),
  unknownWebhook: known(404, 10_015, "Unknown Webhook"),
  unknownInteraction: known(404, 10_062, "Unknown interaction"),
  unknownCommand: known(404, 10_063, "Unknown application command"),
  dailyCommandCreates: known(
    400,
    30_034,
    "Max number of daily application command creates has been reached (200)",
  ),
  tooManyFollowUps: known(
    400,
    40_094,
    "Max number of follow-up messages has been reached for this interaction (5)",
  ),
  entityTooLarge: known(413, 40_005, "Request entity too large"),
  alreadyAcknowledged: known(400, 40_060, "Interaction has already been acknowledged."),
  missingAccess: known(403, 50_001, "Missing Access"),
  foreignMessage: known(403, 50_005, "Cannot edit a message authored by another user"),
  emptyMessage: known(400, 50_006, "Cannot send an empty message"),
  cannotMessageUser: known(403, 50_007, "Cannot send messages to this user"),
  missingPermissions: known(403, 50_013, "Missing Permissions"),
  invalidWebhookToken: known(401, 50_027, "Invalid Webhook Token"),
  invalidJson: known(400, 50_109, "The request body contains invalid JSON."),
} as const;
