/**
 * Mail that comes in by HTTP, on its way into the queue.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.http.mail.MailIntake} takes the bytes of one message, as a stream, puts
 * its line ends in order and hands it to an {@link io.mailraft.node.submit.IncomingMessage}; {@link
 * io.mailraft.node.http.mail.Front} is what all requests of the listener share; {@link
 * io.mailraft.node.http.mail.Caller} is who hands it in.
 *
 * <h2>Invariants</h2>
 *
 * {@code commit} returns after {@link io.mailraft.node.submit.IncomingMessage#submit} (I1). An
 * intake that is closed without a commit leaves nothing visible (I3). Memory does not grow with the
 * message (I9).
 *
 * <h2>Threads</h2>
 *
 * An intake belongs to its request's virtual thread, which waits where the queue makes it wait.
 *
 * <h2>Failure</h2>
 *
 * What is wrong with the message is an {@link io.mailraft.node.json.InputException}; what is wrong
 * with the queue is thrown as it comes, wrapped where a stream knows no other exceptions.
 *
 * <h2>Security</h2>
 *
 * Received fields are counted against mail loops. Bcc and X-Sending-Zone never leave. A user's name
 * and an origin are taken from trusted callers alone, and checked.
 *
 * <h2>Known limits</h2>
 *
 * Limits are those of the node's first SMTP listener.
 */
@NullMarked
package io.mailraft.node.http.mail;

import org.jspecify.annotations.NullMarked;
