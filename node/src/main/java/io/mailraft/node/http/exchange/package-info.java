/**
 * HTTP requests as code that blocks wants them.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.exchange.Calls} runs each request on a virtual thread of its own as
 * an {@link io.mailraft.node.http.exchange.Exchange}: its body is an {@link java.io.InputStream},
 * its answer JSON or a stream. Everything that is thrown becomes an answer here.
 *
 * <h2>Invariants</h2>
 *
 * A request is answered once, whatever happens. A body is taken off the wire no faster than it is
 * read, an answer made no faster than the client takes it, so neither is ever held as a whole (I9).
 * An answer that cannot be finished breaks off visibly: its stream is reset, or its connection
 * closed before the length that was announced, or the last chunk.
 *
 * <h2>Threads</h2>
 *
 * Armeria's event loops bring blocks of the body and take blocks of the answer; an exchange belongs
 * to its one virtual thread.
 *
 * <h2>Failure</h2>
 *
 * Errors are {@code {"error": ..., "code": ...}}: 400 and 413 for what the client can mend, 503 or
 * 429 with Retry-After for what time mends, 500 for what is ours, which is logged. A client that
 * goes away ends the reading with an exception, and so does one that stalls.
 *
 * <h2>Security</h2>
 *
 * Requests at a time are bounded, with and without a body, and one client, an account or else an
 * address, has half of either at most ({@code Places}). Answers hold no text of an unexpected
 * exception.
 *
 * <h2>Known limits</h2>
 *
 * A client's account is told to calls, which treat all accounts alike.
 */
@NullMarked
package io.mailraft.node.http.exchange;

import org.jspecify.annotations.NullMarked;
