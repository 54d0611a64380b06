/**
 * Who may hand in mail: accounts, certificates, and what the user's own application has to say.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.access.Gate} judges credentials, by a users file or by a call; {@link
 * io.mailraft.node.access.Account} is who a client proved to be, and hangs on its HTTP request;
 * {@link io.mailraft.node.access.ConfigHook} asks the application about each message; {@link
 * io.mailraft.node.access.TlsIdentity} is a listener's certificate. {@link
 * io.mailraft.node.access.Access} holds all of it for a node. The command {@code mailraft user}
 * edits the file ({@link io.mailraft.node.access.UserCommand}).
 *
 * <h2>Invariants</h2>
 *
 * Nobody is let in because something broke: what cannot be asked or understood is refused for the
 * moment. A file that cannot be used leaves what was read before in force. A verdict is remembered
 * only where it let in, and not beyond a change of the users file; one of the application holds for
 * the transport that it was asked about.
 *
 * <h2>Threads</h2>
 *
 * Password hashes are computed on a few platform threads; calls run on Armeria's client threads;
 * one virtual thread looks at files. {@code ConfigHook} blocks its caller, all else does not.
 *
 * <h2>Failure</h2>
 *
 * An application that is away, slow or talks nonsense gives {@code Unavailable} or a temporary
 * {@code GuidanceException}; after some calls that came to nothing most are not made at all for a
 * few seconds. A users file or certificate that cannot be used ends the start, and is logged later.
 *
 * <h2>Security</h2>
 *
 * Passwords are neither stored nor logged; what is remembered of one is its HMAC under a key of the
 * process. Failed attempts are counted by address (IPv6: by /64) and by account, whatever the case
 * of its name, in tables of bounded size. A name that the file does not have costs what one of its
 * own may cost. Hashes dearer than a bound are not taken from the file. TLS 1.2 at least. Answers
 * of the application are bounded in bytes and time.
 *
 * <h2>Known limits</h2>
 *
 * Counts and what is remembered are each node's own. Passwords are compared as UTF-8 bytes without
 * SASLprep. A session or request that was let in goes on after its account was removed.
 */
@NullMarked
package io.mailraft.node.access;

import org.jspecify.annotations.NullMarked;
