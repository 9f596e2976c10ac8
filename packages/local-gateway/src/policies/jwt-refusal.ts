/** Why a token is refused: a reason of API Management's list, and its message. */
export class JwtRefusal extends Error {
  override name = "JwtRefusal";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
