package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.MessageOrder;
import io.mailraft.api.admin.OrderMessageRequest;
import io.mailraft.api.admin.OrderMessageResponse;
import io.mailraft.api.admin.OrderedDelivery;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Orders what happens to the deliveries of a message. */
@Command(
    name = "message",
    description = "Holds, resumes, cancels or sends at once the deliveries of a message.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class MessageCommand {
  private static final String ENDS =
      "Ends with 0 if all are as ordered; 1 if there is no such message, or the order had no effect"
          + " on some: a node has them in hand, they have ended, or they are not in such a state; 2 if"
          + " the command is wrong, such as an id that is none; 3 if the node cannot be reached.";

  @Spec private CommandSpec spec = CommandSpec.create();

  private MessageCommand() {}

  /** The deliveries that an order concerns. */
  static final class Which {
    @Parameters(index = "0", paramLabel = "ID", description = "The message's id, 18 hex digits.")
    private String id = "";

    @Parameters(
        index = "1",
        paramLabel = "SEQ",
        arity = "0..1",
        defaultValue = "0",
        description = "Number of one delivery (default: all of the message).")
    private int seq;
  }

  @Command(
      name = "hold",
      description = {
        "Keeps what is queued or deferred of a message from being attempted, until it is resumed."
            + " What a node has in hand is not stopped.",
        ENDS
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int hold(@Mixin Which which, @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(MessageOrder.MESSAGE_HOLD, which, options);
  }

  @Command(
      name = "resume",
      description = {"Queues what is held of a message at once.", ENDS},
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int resume(@Mixin Which which, @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(MessageOrder.MESSAGE_RESUME, which, options);
  }

  @Command(
      name = "cancel",
      description = {
        "Ends what is queued, deferred or held of a message as cancelled; nobody is notified of"
            + " it. What a node has in hand is not stopped.",
        ENDS
      },
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int cancel(@Mixin Which which, @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(MessageOrder.MESSAGE_CANCEL, which, options);
  }

  @Command(
      name = "send-now",
      description = {"Queues what is deferred or held of a message at once.", ENDS},
      mixinStandardHelpOptions = true,
      versionProvider = Main.Version.class)
  int sendNow(@Mixin Which which, @Mixin OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    return order(MessageOrder.MESSAGE_SEND_NOW, which, options);
  }

  private int order(MessageOrder order, Which which, OrderOptions options)
      throws UnreachableException, InvalidProtocolBufferException {
    if (which.seq < 0) {
      throw new ParameterException(spec.commandLine(), which.seq + " is no number of a delivery");
    }
    OrderMessageResponse response;
    try (AdminClient client = options.server().client()) {
      response =
          client.orderMessage(
              OrderMessageRequest.newBuilder()
                  .setOrder(order)
                  .setId(which.id)
                  .setSeq(which.seq)
                  .setAuthor(options.author())
                  .setReason(options.reason())
                  .build(),
              options.server().timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.server().json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      print(response, out);
    }
    boolean all = response.getClaimed() + response.getEnded() + response.getOther() == 0;
    return all ? 0 : Main.EXIT_NOT_SO;
  }

  private static void print(OrderMessageResponse response, PrintWriter out) {
    Text.Table table = new Text.Table("SEQ", "RECIPIENT", "ORDER", "STATE");
    for (OrderedDelivery delivery : response.getDeliveriesList()) {
      table.row(
          delivery.getSeq(),
          delivery.getRecipient(),
          switch (delivery.getResult()) {
            case "obeyed" -> "obeyed";
            case "claimed" -> "no effect: a node has it in hand";
            case "ended" -> "no effect: it had ended";
            default -> "no effect: not in such a state";
          },
          delivery.getState());
    }
    table.print(out);
    int all =
        response.getObeyed() + response.getClaimed() + response.getEnded() + response.getOther();
    out.println(
        "%d of %d deliveries of %s are as ordered."
            .formatted(response.getObeyed(), all, Text.printable(response.getId())));
  }
}
