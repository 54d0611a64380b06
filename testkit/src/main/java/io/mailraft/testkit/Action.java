package io.mailraft.testkit;

import java.time.Duration;

/** What a sink does at one stage of a session. */
public sealed interface Action {

  /** What a well-behaved server does. */
  Action PROCEED = new Proceed();

  /** No answer and no more reading of commands, until the client goes away. */
  Action HANG = new Hang();

  /**
   * The end of the connection, without an answer. At {@link Stage#DOT} the message is not taken.
   */
  Action CLOSE = new Close();

  /** At {@link Stage#DOT}: the message is taken, and the connection ends without an answer. */
  Action TAKE_THEN_CLOSE = new TakeThenClose();

  /** Continuation lines without end. */
  Action ENDLESS_REPLY = new EndlessReply();

  /** A reply of the given text; lines are separated by LF and carry their code. */
  static Action reply(String text) {
    return new Reply(text);
  }

  /** A reply, after which the connection ends. */
  static Action replyThenClose(String text) {
    return new ReplyThenClose(text);
  }

  /** A reply of which one byte leaves at a time. */
  static Action trickle(String text, Duration pause) {
    return new Trickle(text, pause);
  }

  /** A reply of one line of the given length. */
  static Action overlongReply(int code, int bytes) {
    return new Reply(code + " " + "x".repeat(bytes));
  }

  /** See {@link #PROCEED}. */
  record Proceed() implements Action {}

  /** See {@link #HANG}. */
  record Hang() implements Action {}

  /** See {@link #CLOSE}. */
  record Close() implements Action {}

  /** See {@link #TAKE_THEN_CLOSE}. */
  record TakeThenClose() implements Action {}

  /** See {@link #ENDLESS_REPLY}. */
  record EndlessReply() implements Action {}

  /** See {@link #reply}; its code decides whether the stage is passed. */
  record Reply(String text) implements Action {}

  /** See {@link #replyThenClose}. */
  record ReplyThenClose(String text) implements Action {}

  /** See {@link #trickle}; its code decides whether the stage is passed. */
  record Trickle(String text, Duration pause) implements Action {}
}
