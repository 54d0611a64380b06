package io.mailraft.node.access;

import io.mailraft.config.ConfigException;
import io.mailraft.config.ConfigLoader;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The command {@code mailraft user add|remove|list}, which edits a users file. Passwords come from
 * the terminal or standard input; an argument would be seen by everyone on the machine.
 */
public final class UserCommand {
  private static final int OK = 0;
  private static final int USAGE = 64;
  private static final int UNKNOWN = 67;
  private static final int IO_ERROR = 74;
  private static final int CONFIG = 78;

  /** Random bytes of a password that is made: 192 bits. */
  private static final int MADE_BYTES = 24;

  private static final String HELP =
      """
      Usage: mailraft user add [--trust-routing] [--generate] (-f FILE | -c FILE) NAME
             mailraft user remove (-f FILE | -c FILE) NAME
             mailraft user list (-f FILE | -c FILE)
      Edits a users file; running nodes obey it within two seconds. "add" asks for the
      password at the terminal, or reads the first line of standard input; for a NAME
      that is there already it sets another password.
        -f, --file FILE     the users file; "add" makes it where it is not there
        -c, --config FILE   a node's settings (YAML), which name it as access.usersFile
        --trust-routing     the X-Sending-Zone header of its messages chooses their zone
        --generate          makes a password and prints it, which is done this once
        -h, --help          this text
      Ends with 0, 64 for a wrong command line or password, 67 where NAME is not there,
      74 where the file cannot be used, 78 for settings that cannot be used.
      """;

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Optional<Console> terminal;
  private Optional<Path> file = Optional.empty();
  private Optional<String> name = Optional.empty();
  private boolean trustRouting;
  private boolean generate;

  private UserCommand(
      InputStream in, PrintStream out, PrintStream err, Optional<Console> terminal) {
    this.in = in;
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Runs the command.
   *
   * @param args what follows {@code user}
   * @param terminal where a password is asked for; without one it is read from {@code in}
   * @return exit status, as in sysexits
   */
  public static int run(
      List<String> args,
      InputStream in,
      PrintStream out,
      PrintStream err,
      Optional<Console> terminal) {
    try {
      return new UserCommand(in, out, err, terminal).run(args);
    } catch (ConfigException e) {
      err.println(e.getMessage());
      return CONFIG;
    } catch (IOException e) {
      err.println("mailraft: " + e.getMessage());
      return IO_ERROR;
    }
  }

  private int run(List<String> args) throws ConfigException, IOException {
    if (args.stream().anyMatch(arg -> arg.equals("-h") || arg.equals("--help"))) {
      out.print(HELP);
      return OK;
    }
    Deque<String> rest = new ArrayDeque<>(args);
    String action = rest.isEmpty() ? "" : rest.removeFirst();
    while (!rest.isEmpty()) {
      String arg = rest.removeFirst();
      boolean valued = arg.matches("-f|--file|-c|--config");
      if (valued && rest.isEmpty()) {
        return usage(arg + " needs a file");
      }
      switch (arg) {
        case "-f", "--file" -> file = Optional.of(Path.of(rest.removeFirst()));
        case "-c", "--config" -> {
          Path config = Path.of(rest.removeFirst());
          file = ConfigLoader.load(config).access().usersFile();
          if (file.isEmpty()) {
            err.println(config + ": access.usersFile is not set; name the users file there");
            return CONFIG;
          }
        }
        case "--trust-routing" -> trustRouting = true;
        case "--generate" -> generate = true;
        default -> {
          if (arg.startsWith("-") || name.isPresent()) {
            return usage("not understood: " + arg);
          }
          name = Optional.of(arg);
        }
      }
    }
    boolean adds = action.equals("add");
    if (file.isEmpty()) {
      return usage("say which users file: -f FILE, or -c with the settings that name it");
    }
    if (name.isPresent() == action.equals("list") || (!adds && (trustRouting || generate))) {
      return usage("mailraft user --help tells what each takes");
    }
    return switch (action) {
      case "add" -> add(new UsersEditor(file.get()), name.orElseThrow());
      case "remove" -> remove(new UsersEditor(file.get()), name.orElseThrow());
      case "list" -> list(new UsersEditor(file.get()));
      default -> usage("expected add, remove or list");
    };
  }

  private int usage(String problem) {
    err.println("mailraft user: " + problem);
    err.println("usage: mailraft user add|remove|list (-f FILE | -c FILE) [NAME]");
    return USAGE;
  }

  private int add(UsersEditor editor, String user) throws IOException {
    if (!Credentials.isName(user) || user.startsWith("#")) {
      return usage(
          "a name has 1 to "
              + Credentials.NAME_CHARS_MAX
              + " characters, no colon and no blanks around, and does not begin with #");
    }
    SecureRandom random = new SecureRandom();
    Optional<String> password = generate ? Optional.of(made(random)) : password();
    if (password.isEmpty()) {
      return USAGE;
    }
    if (!new Credentials.Password(user, password.get()).isSound()) {
      return usage("a password has 1 to " + Credentials.SECRET_CHARS_MAX + " characters");
    }
    boolean there =
        editor.put(
            user, UserLine.format(user, PasswordHash.make(password.get(), random), trustRouting));
    if (generate) {
      out.println(password.get());
    }
    err.println((there ? "changed " : "added ") + user);
    return OK;
  }

  private static String made(SecureRandom random) {
    byte[] bytes = new byte[MADE_BYTES];
    random.nextBytes(bytes);
    return java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private Optional<String> password() throws IOException {
    if (terminal.isPresent()) {
      String first = asked(terminal.get(), "Password: ");
      if (!first.equals(asked(terminal.get(), "Once more: "))) {
        err.println("mailraft user: the two are not the same");
        return Optional.empty();
      }
      return Optional.of(first);
    }
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    return Optional.of(Optional.ofNullable(reader.readLine()).orElse(""));
  }

  private static String asked(Console terminal, String prompt) {
    return Optional.ofNullable(terminal.readPassword(prompt)).map(String::new).orElse("");
  }

  private int remove(UsersEditor editor, String user) throws IOException {
    if (!editor.remove(user)) {
      err.println("mailraft user: there is no " + user);
      return UNKNOWN;
    }
    err.println("removed " + user);
    return OK;
  }

  private int list(UsersEditor editor) throws IOException {
    for (UserLine user : editor.users()) {
      out.println(user.name() + (user.trustRouting() ? " " + UserLine.TRUST_ROUTING : ""));
    }
    return OK;
  }
}
