/**
 * The SMTP front door: takes mail from clients and hands it to the queue.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.smtp.SmtpFrontDoor} is one listener. SubEthaSMTP accepts connections,
 * gives each a virtual thread and runs the command loop; everything that touches the client's bytes
 * is ours. {@code ClientSocket} hands SubEthaSMTP the verbs of command lines that {@code
 * CommandReader} has read strictly; the commands take their arguments and their raw input from the
 * {@code Conversation}. The way of a message is {@code MailCommand}, {@code RcptCommand}, {@code
 * DataCommand} or {@code BdatCommand}, {@code ContentScanner}, {@code Intake}, {@link
 * io.mailraft.node.submit.IncomingMessage}.
 *
 * <p>Offered are PIPELINING (RFC 2920), SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531),
 * ENHANCEDSTATUSCODES (2034) and CHUNKING (3030); with a certificate STARTTLS (3207) or implicit
 * TLS (8314), and where accounts are known AUTH PLAIN and LOGIN (4954).
 *
 * <h2>Invariants</h2>
 *
 * <ul>
 *   <li>250 to a message follows the return of {@link io.mailraft.queue.Upload#commit} (I1).
 *   <li>An upload is committed only after the whole content has come in: the final dot, or the last
 *       octet of the last chunk (I3).
 *   <li>A line ends with CRLF alone, in commands and in content. Content is consumed to its true
 *       end before it is answered, accepted or not. So no byte of content is ever taken for a
 *       command.
 *   <li>Memory per session is bounded, whatever the size of its message, and what sessions hold of
 *       header sections and recipients is bounded in sum ({@link io.mailraft.node.heap}, I9).
 * </ul>
 *
 * <h2>Threads</h2>
 *
 * One virtual thread per session does all its reading, writing and waiting. One more thread per
 * listener watches deadlines; it, and whoever stops the listener, touches a session only through
 * the volatile part of its {@code Wire}.
 *
 * <h2>Failure</h2>
 *
 * Trouble of ours is answered 4yz, what is wrong with the mail 5yz, always with an enhanced code. A
 * client that goes away ends its session quietly, and its upload is given up. Unexpected errors are
 * logged and answered 451 4.3.0.
 *
 * <h2>Security</h2>
 *
 * Who may connect is told by the allow list, who may hand in mail by {@code auth}, which {@link
 * io.mailraft.node.access} judges. Passwords are taken under TLS alone, unless the listener allows
 * otherwise. After STARTTLS nothing counts that came in the clear, commands that were sent ahead
 * included. X-Sending-Zone chooses a zone only where the listener or the account has {@code
 * trustRouting}; it never leaves. What a client wrote there is logged shortened and without control
 * characters. Limits on connections, commands, lines, headers, recipients, message size and time
 * are all on. Replies hold no text of the client and none of an exception. A client that speaks
 * HTTP is sent away, since a browser could be made to post mail.
 *
 * <h2>Known limits</h2>
 *
 * The limit on connections per address counts single IPv6 addresses. A session that hands in no
 * message is ended after twelve command timeouts, at its next command. BINARYMIME and DSN are not
 * offered. The client's name is not looked up in DNS.
 */
@NullMarked
package io.mailraft.node.smtp;

import org.jspecify.annotations.NullMarked;
