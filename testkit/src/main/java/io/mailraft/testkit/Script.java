package io.mailraft.testkit;

/** What a sink does at each stage of a session. Asked from many threads at once; may block. */
@FunctionalInterface
public interface Script {

  /** Every stage as a well-behaved server has it. */
  Script OBEDIENT = moment -> Action.PROCEED;

  /** What to do at this moment. */
  Action at(Moment moment);

  /** A script that does one thing at one stage and is well-behaved at all others. */
  static Script at(Stage stage, Action action) {
    return moment -> moment.stage() == stage ? action : Action.PROCEED;
  }

  /** A script that does one thing at RCPT for one address and is well-behaved otherwise. */
  static Script atRecipient(String address, Action action) {
    return moment ->
        moment.stage() == Stage.RCPT && moment.argument().equals(address) ? action : Action.PROCEED;
  }
}
