import type { Position } from "../document/position.ts";
import { NetObject } from "./values.ts";

/** System.Exception and what derives from it, as the expression sees it in `catch (Exception e)`. */
export class NetException extends NetObject {
  readonly typeName: string;
  readonly message: string;
  readonly inner: NetException | null;

  constructor(typeName: string, message: string, inner: NetException | null = null) {
    super();
    this.typeName = typeName;
    this.message = message;
    this.inner = inner;
  }

  override toText(): string {
    return `System.${this.typeName}: ${this.message}`;
  }
}

/** Carries a thrown .NET exception through JavaScript, with the place in the policy file where it happened. */
export class Thrown extends Error {
  override name = "Thrown";
  readonly exception: NetException;
  position: Position | undefined;

  constructor(exception: NetException, position?: Position) {
    super(exception.message);
    this.exception = exception;
    this.position = position;
  }
}

/** An expression came upon something that this gateway does not know; no `catch` of the expression's own gets it. */
export class UnsupportedAtRunTime extends Error {
  override name = "UnsupportedAtRunTime";
  position: Position | undefined;

  constructor(message: string, position?: Position) {
    super(message);
    this.position = position;
  }
}

/** Throws a .NET exception from within a type's member. */
export function raise(typeName: string, message: string): never {
  throw new Thrown(new NetException(typeName, message));
}

export const raiseNull = (): never =>
  raise("NullReferenceException", "Object reference not set to an instance of an object.");

export const raiseArgumentNull = (parameter: string): never =>
  raise("ArgumentNullException", `Value cannot be null. (Parameter '${parameter}')`);

export const raiseIndex = (): never =>
  raise(
    "ArgumentOutOfRangeException",
    "Index was out of range. Must be non-negative and less than the size of the collection.",
  );

export const raiseFormat = (): never => raise("FormatException", "Input string was not in a correct format.");
