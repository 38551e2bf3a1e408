package io.tidemark;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Who may know whom. There is no list of exceptions.
class ArchitectureTest {
  private static final String ROOT = "io.tidemark";
  private static final JavaClasses CLASSES =
      new ClassFileImporter().withImportOption(location -> !location.contains("/test-classes/")).importPackages(ROOT);

  private static final Set<String> WORDS = Set.of("model", "time");
  private static final Set<String> ALWAYS_FROM_FLOOR_2 = Set.of("model", "time", "config", "telemetry");

  /// House → houses it may import, besides the words and, from floor 2 on, `config` and `telemetry`.
  private static final Map<String, Set<String>> MAY_IMPORT = new LinkedHashMap<>();

  static {
    MAY_IMPORT.put("model", Set.of());
    MAY_IMPORT.put("time", Set.of());
    for (String tool : List.of("disk", "regex", "codec", "config", "telemetry")) {
      MAY_IMPORT.put(tool, WORDS);
    }
    MAY_IMPORT.put("promql", floor1("regex"));
    MAY_IMPORT.put("template", floor1("regex"));
    MAY_IMPORT.put("guard", floor2());
    MAY_IMPORT.put("log", floor2("codec", "disk", "guard"));
    MAY_IMPORT.put("objects", floor2("codec", "disk", "guard"));
    MAY_IMPORT.put("catalog", floor2("disk", "guard"));
    MAY_IMPORT.put("state", floor2("codec", "disk", "guard"));
    MAY_IMPORT.put("cluster", floor2("guard", "log", "state"));
    MAY_IMPORT.put("collector", floor2("codec", "regex", "log"));
    MAY_IMPORT.put("storage", floor2("codec", "disk", "regex", "log", "objects"));
    MAY_IMPORT.put("query", floor2("codec", "guard", "regex", "promql", "state", "cluster", "storage"));
    MAY_IMPORT.put("rules", floor2("promql", "template", "log", "catalog", "state", "cluster", "query"));
    MAY_IMPORT.put("notify", floor2("regex", "template", "log", "catalog", "state", "cluster"));
    MAY_IMPORT.put("api", floor2("codec", "guard", "regex", "promql", "catalog", "cluster", "collector", "storage", "query", "rules",
        "notify"));
    MAY_IMPORT.put("transfer", floor2("codec", "collector"));
    MAY_IMPORT.put("server", floor2("codec", "disk", "guard", "regex", "promql", "template", "log", "objects", "catalog", "state",
        "cluster", "collector", "storage", "query", "rules", "notify", "api"));
    MAY_IMPORT.put("cli", floor2("codec", "disk", "guard", "regex", "promql", "template", "log", "objects", "catalog", "state", "cluster",
        "collector", "storage", "query", "rules", "notify", "api", "server", "transfer"));
  }

  private static Set<String> floor1(String... houses) {
    return Stream.concat(WORDS.stream(), Stream.of(houses)).collect(Collectors.toSet());
  }

  private static Set<String> floor2(String... houses) {
    return Stream.concat(ALWAYS_FROM_FLOOR_2.stream(), Stream.of(houses)).collect(Collectors.toSet());
  }

  private static String house(String packageName) {
    return packageName.length() <= ROOT.length() ? "" : packageName.substring(ROOT.length() + 1).split("\\.")[0];
  }

  @Test
  void everyHouseIsOnTheMap() {
    var houses = new TreeSet<String>();
    for (JavaClass type : CLASSES) {
      houses.add(house(type.getPackageName()));
    }
    houses.remove("");
    assertTrue(MAY_IMPORT.keySet().containsAll(houses), () -> "houses that the table does not know: " + houses);
  }

  @Test
  void housesAreTwoPackagesDeepAtMost() {
    for (JavaClass type : CLASSES) {
      assertTrue(type.getPackageName().split("\\.").length <= 4, () -> type.getName() + " lies deeper than house and room");
    }
  }

  @Test
  void importsGoDownward() {
    var wrong = new ArrayList<String>();
    eachForeignDependency((from, to) -> {
      String house = house(from.getPackageName());
      String target = house(to.getPackageName());
      if (!MAY_IMPORT.getOrDefault(house, Set.of()).contains(target)) {
        wrong.add(house + " may not import " + target + ": " + from.getName() + " -> " + to.getName());
      }
    });
    assertEquals(List.of(), wrong);
  }

  @Test
  void roomsAreEnteredThroughTheFrontDoor() {
    var wrong = new ArrayList<String>();
    eachForeignDependency((from, to) -> {
      if (to.getPackageName().split("\\.").length > 3) {
        wrong.add(from.getName() + " -> " + to.getName());
      }
    });
    assertEquals(List.of(), wrong, "classes that use another house's room");
  }

  private interface Pair {
    void accept(JavaClass from, JavaClass to);
  }

  private static void eachForeignDependency(Pair visitor) {
    for (JavaClass from : CLASSES) {
      for (var dependency : from.getDirectDependenciesFromSelf()) {
        JavaClass to = dependency.getTargetClass().getBaseComponentType();
        if (to.getPackageName().startsWith(ROOT + ".") && !house(to.getPackageName()).equals(house(from.getPackageName()))) {
          visitor.accept(from, to);
        }
      }
    }
  }

  @Test
  void housesFormNoCycle() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().allowEmptyShould(true).check(CLASSES);
  }

  @Test
  void roomsOfOneHouseFormNoCycle() {
    for (String house : MAY_IMPORT.keySet()) {
      slices().matching(ROOT + "." + house + ".(*)").should().beFreeOfCycles().allowEmptyShould(true).check(CLASSES);
    }
  }

  @Test
  void librariesStayInTheirHouses() {
    fence("org.antlr..", "promql");
    fence("com.google.re2j..", "regex", "query", "template");
    fence("org.snakeyaml..", "config");
    fence("org.sqlite..", "catalog");
    fence("org.xerial.snappy..", "collector", "log", "api.remoteread", "transfer.wire");
    fence("com.github.luben.zstd..", "codec", "storage", "api");
    fence("org.HdrHistogram..", "collector");
    fence("picocli..", "cli");
    fence("org.apache.kafka..", "log.kafka", "cluster.kafka", "cli");
    fence("kafka..", "cli.servers");
    fence("io.vertx.redis..", "state.redis");
    fence("io.vertx.pgclient..", "catalog.postgres");
    fence("org.flywaydb..", "catalog.postgres");
    fence("org.postgresql..", "catalog.postgres");
    fence("software.amazon..", "objects.s3");
    fence("com.github.benmanes.caffeine..", "storage.tier");
    fence("org.gaul..", "cli.servers");
    fence("io.zonky..", "cli.servers");
  }

  private static void fence(String library, String... houses) {
    String[] packages = Stream.of(houses).map(h -> ROOT + "." + h + "..").toArray(String[]::new);
    noClasses().that().resideOutsideOfPackages(packages).should().dependOnClassesThat(resideInAPackage(library))
        .allowEmptyShould(true).check(CLASSES);
  }

  @Test
  void vertxStaysOutOfWordsToolsHeadAndKernels() {
    noClasses().that().resideInAnyPackage(ROOT + ".model..", ROOT + ".time..", ROOT + ".disk..", ROOT + ".regex..", ROOT + ".codec..",
        ROOT + ".promql..", ROOT + ".template..", ROOT + ".config..", ROOT + ".telemetry..", ROOT + ".storage.head..",
        ROOT + ".query.kernel..").should().dependOnClassesThat(resideInAPackage("io.vertx..")).allowEmptyShould(true).check(CLASSES);
  }

  @Test
  void clocksAndRandomnessComeFromTime() {
    noClasses().that().resideOutsideOfPackage(ROOT + ".time..").should().callMethod(System.class, "currentTimeMillis")
        .orShould().callMethod(System.class, "nanoTime")
        .orShould().callMethod(java.time.Instant.class, "now")
        .orShould().callMethod(java.util.UUID.class, "randomUUID")
        .orShould().callMethod(Math.class, "random")
        .orShould().dependOnClassesThat().areAssignableTo(java.util.Random.class).check(CLASSES);
  }

  @Test
  void loopOwnedRoomsNeverBlock() {
    noClasses().that().resideInAnyPackage(ROOT + ".storage.head..", ROOT + ".query.kernel..").should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould().dependOnClassesThat(resideInAPackage("java.util.concurrent.locks"))
        .orShould().dependOnClassesThat().areAssignableTo(java.nio.channels.Channel.class)
        .allowEmptyShould(true).check(CLASSES);
  }
}
