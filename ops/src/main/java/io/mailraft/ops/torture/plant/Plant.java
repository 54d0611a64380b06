package io.mailraft.ops.torture.plant;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A bug that can be planted in a node without a line of it in the product. */
public enum Plant {
  /**
   * A message is acknowledged when its record is handed to the proposer, not when it is applied.
   */
  ACK_BEFORE_COMMIT(
      "io.mailraft.queue.raft.Proposer",
      Edit.before("propose", ReturnInstruction.class::isInstance, Code::answerAtOnce)),
  /** The claims of a node whose lease has lapsed do not go back to the queue. */
  LOSE_CLAIM(
      "io.mailraft.queue.shard.ShardFold",
      Edit.instead("fence", calls("java/util/List", "forEach"), code -> code.pop().pop())),
  /**
   * A vote that was given in a term is not remembered, and a living leader is no reason against.
   */
  DOUBLE_VOTE(
      "org.apache.ratis.server.impl.VoteContext",
      Edit.instead(
          "checkTerm",
          calls("org/apache/ratis/server/impl/ServerState", "getVotedFor"),
          code -> code.pop().aconst_null()),
      Edit.first("checkLeader", code -> code.iconst_1().ireturn())),
  /** A node takes every storage of another one for the one that it knows, an emptied one too. */
  KNOW_ANY_STORAGE(
      "io.mailraft.queue.raft.Membership", Edit.first("meet", code -> code.iconst_1().ireturn())),
  /** Nothing that is written through a file channel is forced to disk: the Raft log above all. */
  NO_FSYNC("sun.nio.ch.FileChannelImpl", Edit.first("force", CodeBuilder::return_)),
  /** A node holds its lease to be alive for ever. */
  IGNORE_LEASE(
      "io.mailraft.queue.NodeLease", Edit.first("alive", code -> code.iconst_1().ireturn())),
  /** That a delivery was delivered is forgotten, of about every thirtieth delivery. */
  DROP_OUTCOME("io.mailraft.queue.OutcomeReporter", Edit.first("report", Code::dropDelivered)),
  /** One byte of the content is another one, in about every eighth chunk. */
  CORRUPT_BODY(
      "io.mailraft.queue.Content",
      Edit.before("next", ReturnInstruction.class::isInstance, Code::changeByte)),
  /** What was deferred never becomes due. */
  LOSE_DEFERRED(
      "io.mailraft.queue.shard.ShardLeader", Edit.first("releaseDue", CodeBuilder::return_)),
  /** Each replica writes the time of its own clock. */
  CLOCK_IN_APPLY("io.mailraft.queue.shard.Deliveries", Edit.first("end", Code::ownClock)),
  /** Every attempt leaves two files open. */
  LEAK_FILES("io.mailraft.node.Handover", Edit.first("open", code -> Code.agent(code, "leak"))),
  /** A node ends by itself after 150 attempts. */
  END_BY_ITSELF("io.mailraft.node.Handover", Edit.first("open", code -> Code.agent(code, "tire")));

  /** A change of the code of all methods of a name. */
  record Edit(String method, CodeTransform code) {

    /** Code that runs before all else of the method. */
    static Edit first(String method, Consumer<CodeBuilder> code) {
      return new Edit(
          method,
          new CodeTransform() {
            @Override
            public void atStart(CodeBuilder builder) {
              code.accept(builder);
            }

            @Override
            public void accept(CodeBuilder builder, CodeElement element) {
              builder.with(element);
            }
          });
    }

    /** Code that runs before such elements. */
    static Edit before(String method, Predicate<CodeElement> where, Consumer<CodeBuilder> code) {
      return new Edit(
          method,
          (builder, element) -> {
            if (where.test(element)) {
              code.accept(builder);
            }
            builder.with(element);
          });
    }

    /** Code that runs instead of such elements. */
    static Edit instead(String method, Predicate<CodeElement> where, Consumer<CodeBuilder> code) {
      return new Edit(
          method,
          (builder, element) -> {
            if (where.test(element)) {
              code.accept(builder);
            } else {
              builder.with(element);
            }
          });
    }
  }

  /** Pieces of code, for a stack and parameters as they are where they are put. */
  private static final class Code {
    private static final ClassDesc FUTURE = ClassDesc.of("java.util.concurrent.CompletableFuture");
    private static final ClassDesc RECORD = ClassDesc.of("io.mailraft.api.log.Record");
    private static final ClassDesc OUTCOME = ClassDesc.of("io.mailraft.api.log.Outcome");
    private static final ClassDesc KIND = ClassDesc.of("io.mailraft.api.log.OutcomeKind");
    private static final ClassDesc BYTES = ClassDesc.of("com.google.protobuf.ByteString");
    private static final ClassDesc ACCEPTED =
        ClassDesc.of("io.mailraft.queue.raft.Answer").nested("Accepted");
    private static final MethodTypeDesc ASKED = MethodTypeDesc.of(ConstantDescs.CD_boolean);

    private Code() {}

    /** On the stack: the future that is returned. A refusal stays one. */
    static void answerAtOnce(CodeBuilder code) {
      code.block(
          block ->
              block
                  .dup()
                  .invokevirtual(FUTURE, "isDone", ASKED)
                  .ifne(block.breakLabel())
                  .aload(block.parameterSlot(0))
                  .invokevirtual(RECORD, "hasStoreMessage", ASKED)
                  .ifeq(block.breakLabel())
                  .pop()
                  .new_(ACCEPTED)
                  .dup()
                  .lconst_0()
                  .lconst_0()
                  .invokespecial(
                      ACCEPTED,
                      ConstantDescs.INIT_NAME,
                      MethodTypeDesc.of(
                          ConstantDescs.CD_void, ConstantDescs.CD_long, ConstantDescs.CD_long))
                  .invokestatic(
                      FUTURE,
                      "completedFuture",
                      MethodTypeDesc.of(FUTURE, ConstantDescs.CD_Object)));
    }

    static void dropDelivered(CodeBuilder code) {
      int outcome = code.parameterSlot(2);
      code.block(
          block ->
              block
                  .aload(outcome)
                  .invokevirtual(OUTCOME, "getKind", MethodTypeDesc.of(KIND))
                  .getstatic(KIND, "DELIVERED", KIND)
                  .if_acmpne(block.breakLabel())
                  .aload(outcome)
                  .invokevirtual(OUTCOME, "getId", MethodTypeDesc.of(BYTES))
                  .invokevirtual(BYTES, "hashCode", MethodTypeDesc.of(ConstantDescs.CD_int))
                  .bipush(31)
                  .iand()
                  .ifne(block.breakLabel())
                  .return_());
    }

    /** On the stack: the chunk that is returned. */
    static void changeByte(CodeBuilder code) {
      code.block(
          block ->
              block
                  .dup()
                  .arraylength()
                  .bipush(7)
                  .iand()
                  .iconst_1()
                  .if_icmpne(block.breakLabel())
                  .dup()
                  .dup()
                  .arraylength()
                  .iconst_1()
                  .isub()
                  .dup2()
                  .baload()
                  .iconst_1()
                  .ixor()
                  .i2b()
                  .bastore());
    }

    static void ownClock(CodeBuilder code) {
      code.invokestatic(
              ClassDesc.of("java.lang.System"),
              "currentTimeMillis",
              MethodTypeDesc.of(ConstantDescs.CD_long))
          .lstore(code.parameterSlot(3));
    }

    static void agent(CodeBuilder code, String method) {
      code.invokestatic(
          ClassDesc.of(PlantAgent.class.getName()),
          method,
          MethodTypeDesc.of(ConstantDescs.CD_void));
    }
  }

  private final String className;

  @SuppressWarnings("ImmutableEnumChecker") // Edits hold no state.
  private final List<Edit> edits;

  Plant(String className, Edit... edits) {
    this.className = className;
    this.edits = List.of(edits);
  }

  private static Predicate<CodeElement> calls(String owner, String method) {
    return element ->
        element instanceof InvokeInstruction call
            && call.owner().asInternalName().equals(owner)
            && call.name().equalsString(method);
  }

  /** The class that it changes, with dots. */
  String className() {
    return className;
  }

  List<Edit> edits() {
    return edits;
  }

  /** The name on the command line, such as {@code lose-claim}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The plant of a word.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Plant parse(String word) {
    return Arrays.stream(values())
        .filter(plant -> plant.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no plant \"" + word + "\"; there are " + words()));
  }

  /** All words, separated by commas. */
  public static String words() {
    return Arrays.stream(values()).map(Plant::word).collect(Collectors.joining(", "));
  }
}
