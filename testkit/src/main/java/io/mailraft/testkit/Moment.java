package io.mailraft.testkit;

/**
 * Where a session stands when a {@link Script} is asked.
 *
 * @param stage what happens
 * @param argument what goes with it, see {@link Stage}; empty for stages without one
 * @param connection number of the connection, counted from 1 over the life of the sink
 * @param openConnections connections open at this time that have not said QUIT, this one included
 * @param transaction number of MAIL commands accepted on this connection so far, this one included
 * @param secure whether the connection is encrypted
 */
public record Moment(
    Stage stage,
    String argument,
    long connection,
    int openConnections,
    int transaction,
    boolean secure) {}
