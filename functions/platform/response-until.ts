/** Node's timers take no longer delay. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * The same response, whose body ends at a given time at the latest, as if its sender had finished. The reader of an event stream may
 * then open another one, for which it needs a token that is still good.
 *
 * @param end when the body ends and its source is cancelled
 */
export function responseUntil(response: Response, end: Date): Response {
  if (!response.body) return response;
  const reader = response.body.getReader();
  const delay = Math.min(Math.max(end.getTime() - Date.now(), 0), LONGEST_DELAY_MS);
  // A read that waits ends with it, and so does every later one.
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), delay);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          clearTimeout(timer);
          controller.close();
        } catch (error) {
          clearTimeout(timer);
          throw error;
        }
      },
      cancel(reason) {
        clearTimeout(timer);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}
