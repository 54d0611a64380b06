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
 * An answer that cannot be finished breaks off visibly: its announced length is not reached.
 *
 * <h2>Threads</h2>
 *
 * Armeria's event loops bring blocks of the body and take blocks of the answer; an exchange belongs
 * to its one virtual thread.
 *
 * <h2>Failure</h2>
 *
 * Errors are {@code {"error": ..., "code": ...}}: 400 and 413 for what the client can mend, 503
 * with Retry-After for what time mends, 500 for what is ours, which is logged. A client that goes
 * away ends the reading with an exception, and so does one that stalls.
 *
 * <h2>Security</h2>
 *
 * On a loopback listener a request must name this machine in its Host field: a page in a browser
 * whose name was pointed here (DNS rebinding) names its own. Requests at a time are bounded.
 * Answers hold no text of an unexpected exception.
 *
 * <h2>Known limits</h2>
 *
 * A client's account is told to calls, which treat all accounts alike.
 */
@NullMarked
package io.mailraft.node.http.exchange;

import org.jspecify.annotations.NullMarked;
