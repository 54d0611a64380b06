/**
 * The settings of a node and of its cluster, typed, checked, each at its default until a file says
 * otherwise.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.config.ConfigLoader} turns {@code mailraft.yaml} into one {@link
 * io.mailraft.config.MailraftConfig}, or refuses it with every problem's line and what would be
 * right. {@link io.mailraft.config.ClusterYaml} does the same for the cluster document, which the
 * control group stores as operators wrote it; {@code mailraft.yaml} has the same keys to seed it.
 * The readers are the schema: a key is known because a reader asks for it.
 *
 * <h2>Invariants</h2>
 *
 * A {@code MailraftConfig} that comes from here needs no further check: every number is in its
 * range, the node is one of its peers, the zone {@code default} exists, and nothing listens or
 * talks beyond loopback without the setting that makes it safe. No two zones have an equal routing
 * key, and {@code ClusterYaml.parse} reads back what {@code format} wrote. A text keeps its meaning
 * and its comments when its {@code version} is taken out or put in. Each default is written once,
 * in a reader, and asserted one by one in a test.
 *
 * <h2>Threads</h2>
 *
 * Records are immutable. A load runs in the caller's thread and shares nothing.
 *
 * <h2>Failure</h2>
 *
 * {@link io.mailraft.config.ConfigException} is the only one, whatever the file holds. Nothing is
 * ever half used.
 *
 * <h2>Security</h2>
 *
 * The file is written by whoever runs the node, and is bounded all the same: 4 MiB, 10 levels, no
 * anchors, no aliases, no tags, no Java types. SMTP and HTTP beyond loopback need {@code allow} or
 * accounts, and TLS where passwords come in, Raft beyond loopback needs {@code cluster.tls}, the
 * admin port stays on loopback. Loopback is told by spelling, without a look-up. Text of the file
 * is repeated in messages shortened and without control characters.
 *
 * <h2>Known limits</h2>
 *
 * TLS files are checked for being there, not for what they hold. A record that is built in code,
 * past the loader, is not checked. A duplicate key is noted at its second place, whose value is not
 * read.
 */
@NullMarked
package io.mailraft.config;

import org.jspecify.annotations.NullMarked;
