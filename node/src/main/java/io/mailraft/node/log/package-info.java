/**
 * What a node logs: its form, and one line for each event of a message.
 *
 * <h2>Purpose</h2>
 *
 * {@code Logs} sets logging up as the settings have it, once, in the program. {@code MessageLog}
 * writes a line for each acceptance, attempt and order, with the message's id, as keys and values
 * that both forms show. {@code TextEncoder} and {@code JsonEncoder} are the two forms.
 *
 * <h2>Invariants</h2>
 *
 * A line is one event: control characters, whoever sent them, are escaped. A line never holds
 * content, a password or a key: nothing here is given them.
 *
 * <h2>Threads</h2>
 *
 * Lines about messages are formatted and written by one thread behind a bounded queue ({@code
 * BoundedAppender}); all others by whoever logs.
 *
 * <h2>Failure</h2>
 *
 * Where the queue is full, lines about messages are dropped and counted: mail does not wait for its
 * log. A crash loses those that wait.
 *
 * <h2>Security</h2>
 *
 * Replies and addresses come from strangers; they are shown escaped, and shortened to {@code
 * Escaped.VALUE_CHARS_MAX} characters.
 *
 * <h2>Known limits</h2>
 *
 * With {@code -Dlogback.configurationFile} the forms are that file's; lines about messages then go
 * where its root logger goes.
 */
@NullMarked
package io.mailraft.node.log;

import org.jspecify.annotations.NullMarked;
