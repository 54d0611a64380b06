package io.mailraft.ops;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.mailraft.api.admin.WaitReason;
import io.mailraft.api.admin.WaitingDelivery;
import io.mailraft.api.admin.WhyRequest;
import io.mailraft.api.admin.WhyResponse;
import io.mailraft.ops.admin.AdminClient;
import io.mailraft.ops.admin.RefusedException;
import io.mailraft.ops.admin.UnreachableException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says why a message is still here. */
@Command(
    name = "why",
    description = {
      "Says what each delivery of a message waits for: its time, a throttle, a connection, a zone"
          + " that nobody serves or that is suspended, a blocklisted source, who holds it, or who has it in hand and where that"
          + " attempt stands.",
      "The state is read on the node that is asked; what happens on other nodes, these are asked.",
      "Ends with 0, 1 if there is no such message, 2 if this is no id, 3 if the node cannot be reached."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class WhyCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "ID", description = "The message's id, 18 hex digits.")
  private String id = "";

  @Parameters(
      index = "1",
      paramLabel = "SEQ",
      arity = "0..1",
      defaultValue = "0",
      description = "Number of one delivery (default: all of the message).")
  private int seq;

  @Mixin private ServerOptions options = new ServerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UnreachableException, InvalidProtocolBufferException {
    if (seq < 0) {
      throw new ParameterException(spec.commandLine(), seq + " is no number of a delivery");
    }
    WhyResponse response;
    try (AdminClient client = options.client()) {
      response =
          client.why(WhyRequest.newBuilder().setId(id).setSeq(seq).build(), options.timeout());
    } catch (RefusedException e) {
      return ChangeOptions.refused(e, spec);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json()) {
      out.println(JsonFormat.printer().includingDefaultValueFields().print(response));
    } else {
      print(response, out);
    }
    return 0;
  }

  private static void print(WhyResponse why, PrintWriter out) {
    if (why.getAcceptedMillis() > 0) {
      out.println(
          Text.printable(
              why.getId()
                  + " from <"
                  + why.getSender()
                  + ">, accepted "
                  + Instant.ofEpochMilli(why.getAcceptedMillis())
                  + ", "
                  + ago(why.getNowMillis() - why.getAcceptedMillis())
                  + " ago"));
    } else {
      out.println(Text.printable(why.getId() + ": no delivery is open any more"));
    }
    for (WaitingDelivery delivery : why.getDeliveriesList()) {
      out.println();
      out.println(
          Text.printable(
              delivery.getSeq()
                  + " <"
                  + delivery.getRecipient()
                  + "> zone "
                  + delivery.getZone()
                  + ": "
                  + delivery.getState()
                  + (delivery.getAttempts() > 0
                      ? ", " + delivery.getAttempts() + " attempts"
                      : "")));
      for (WaitReason reason : delivery.getReasonsList()) {
        out.println(
            Text.printable(
                "  "
                    + (reason.getNode().isEmpty() ? "" : reason.getNode() + ": ")
                    + reason.getPhase()
                    + (reason.getDetail().isEmpty() ? "" : ": " + reason.getDetail())
                    + (delivery.getNextMillis() > 0 && reason.getPhase().equals("its time")
                        ? ", in " + ago(delivery.getNextMillis() - why.getNowMillis())
                        : "")
                    + (reason.getForMillis() > 0 ? ", for " + ago(reason.getForMillis()) : "")));
      }
      if (!delivery.getReply().isEmpty()) {
        out.println(Text.printable("  last reply: " + delivery.getReply()));
      }
    }
    if (why.getMore()) {
      out.println();
      out.println("and more: name a delivery");
    }
  }

  private static String ago(long millis) {
    Duration time = Duration.ofMillis(Math.max(0, millis));
    if (time.toHours() > 0) {
      return time.toHours() + " h " + time.toMinutesPart() + " min";
    }
    return time.toMinutes() > 0
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : "%d.%d s".formatted(time.toSeconds(), time.toMillisPart() / 100);
  }
}
