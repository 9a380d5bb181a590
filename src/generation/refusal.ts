import { UserError } from "../errors.ts";
import { type MessageKey, type MessageParameters, translate } from "../i18n/translate.ts";

type RefusalKey = Extract<MessageKey, `refusal.${string}`>;

/** A request that is not taken, for a reason that its requester can understand; said in their language at the edge. */
export class Refusal extends UserError {
  readonly key: RefusalKey;
  readonly parameters: MessageParameters;

  constructor(key: RefusalKey, parameters: MessageParameters = {}) {
    super("refused", translate("en", key, parameters));
    this.key = key;
    this.parameters = parameters;
  }
}
