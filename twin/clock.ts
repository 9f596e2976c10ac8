/**
 * Lets a test move time forward instead of waiting for it. Only `Date` moves: timers and `performance.now()` keep the machine's
 * time, so a time-out never fires early.
 */

const MachineDate = Date;
let aheadMs = 0;

const now = (): number => MachineDate.now() + aheadMs;

/** Builds what `Date` builds; without arguments, from the moved time. */
const MovedDate = new Proxy(MachineDate, {
  apply: () => new MachineDate(now()).toString(),
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
});

/**
 * Moves this process's clock forward.
 *
 * @param seconds on top of what it was moved before
 */
export function advanceClock(seconds: number): void {
  aheadMs += seconds * 1000;
  globalThis.Date = MovedDate;
}

/** Gives this process the machine's time again. */
export function restoreClock(): void {
  aheadMs = 0;
  globalThis.Date = MachineDate;
}
