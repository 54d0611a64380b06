package io.mailraft.ops.torture.plant;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * A Java agent that plants one bug in the JVM that it is given to. A plant that does not fit ends
 * the process at once: a check that passes since nothing was planted would prove nothing.
 */
public final class PlantAgent {
  private static final int EXIT_UNFIT = 99;
  private static final int EXIT_TIRED = 98;
  private static final int ATTEMPTS_MAX = 150;
  private static final int FILES_PER_ATTEMPT = 2;
  private static final List<FileInputStream> LEAKED = new ArrayList<>();
  private static final AtomicInteger ATTEMPTS = new AtomicInteger();

  private PlantAgent() {}

  /**
   * Writes the agent's jar: a manifest alone, which names where this class is, since nodes have no
   * use for it otherwise.
   *
   * @return the JVM option that plants the bug
   */
  public static String option(Plant plant, Path directory) throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Premain-Class", PlantAgent.class.getName());
    attributes.putValue("Can-Retransform-Classes", "true");
    attributes.put(
        Attributes.Name.CLASS_PATH,
        PlantAgent.class.getProtectionDomain().getCodeSource().getLocation().toString());
    Path jar = Files.createTempFile(directory, "plant-", ".jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return "-javaagent:" + jar + "=" + plant.word();
  }

  /** What the agent writes to stderr when it has changed the class. */
  public static String mark(Plant plant) {
    return "planted " + plant.word() + " in " + plant.className();
  }

  /** Called by the JVM before the node's own main method. */
  public static void premain(String argument, Instrumentation instrumentation) {
    try {
      Plant plant = Plant.parse(argument);
      instrumentation.addTransformer(new Transformer(plant), true);
      for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
        if (loaded.getName().equals(plant.className())) {
          instrumentation.retransformClasses(loaded);
        }
      }
    } catch (IllegalArgumentException | UnmodifiableClassException e) {
      unfit(e);
    }
  }

  private static void unfit(Throwable e) {
    System.err.println("cannot plant: " + e);
    // Nothing of the node has started, or all of it is wrong: no hook has anything to do.
    Runtime.getRuntime().halt(EXIT_UNFIT);
  }

  /** Called by planted code: leaves files open. */
  public static void leak() {
    synchronized (LEAKED) {
      try {
        for (int i = 0; i < FILES_PER_ATTEMPT; i++) {
          LEAKED.add(new FileInputStream("/dev/null"));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Called by planted code: ends the process after a while. */
  public static void tire() {
    if (ATTEMPTS.incrementAndGet() >= ATTEMPTS_MAX) {
      Runtime.getRuntime().halt(EXIT_TIRED);
    }
  }

  private static final class Transformer implements ClassFileTransformer {
    private final Plant plant;

    Transformer(Plant plant) {
      this.plant = plant;
    }

    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        String name,
        @Nullable Class<?> redefined,
        @Nullable ProtectionDomain domain,
        byte[] bytes) {
      if (!name.equals(plant.className().replace('.', '/'))) {
        return null;
      }
      try {
        byte[] changed =
            Graft.put(plant, bytes, loader == null ? ClassLoader.getSystemClassLoader() : loader);
        System.err.println(mark(plant));
        return changed;
      } catch (RuntimeException e) {
        unfit(e);
        return null;
      }
    }
  }
}
