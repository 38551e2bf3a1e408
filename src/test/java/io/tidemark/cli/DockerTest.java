package io.tidemark.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine.ParseResult;

/// The image and the compose files, as far as they can be checked without a container engine.
class DockerTest {
  private static final Path DOCKER = Path.of("docker");
  private static final String CLUSTER = "compose.cluster.yml";
  private static final Pattern NAME_AND_PORT = Pattern.compile("([a-z][a-z0-9-]*):(\\d+)");

  @TempDir
  private Path secrets;

  private record Service(String name, Map<String, Object> all) {
    List<String> list(String key) {
      return all.get(key) instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    }

    Set<String> keys(String key) {
      return all.get(key) instanceof Map<?, ?> map ? new TreeSet<>(map.keySet().stream().map(String::valueOf).toList())
          : new TreeSet<>(list(key));
    }

    Map<?, ?> map(String key) {
      return all.get(key) instanceof Map<?, ?> map ? map : Map.of();
    }
  }

  private static Map<?, ?> compose(String file) throws IOException {
    return (Map<?, ?>) merged(new Load(LoadSettings.builder().setLabel(file).build()).loadFromString(
        Files.readString(DOCKER.resolve(file))));
  }

  /// Compose knows YAML 1.1's merge key, which the reader does not.
  private static Object merged(Object node) {
    if (node instanceof Map<?, ?> map) {
      var out = new LinkedHashMap<Object, Object>();
      if (map.get("<<") instanceof Map<?, ?> base) {
        ((Map<?, ?>) merged(base)).forEach(out::put);
      }
      map.forEach((key, value) -> {
        if (!key.equals("<<")) {
          out.put(key, merged(value));
        }
      });
      return out;
    }
    return node instanceof List<?> list ? list.stream().map(DockerTest::merged).toList() : node;
  }

  private static List<Service> services(String file) throws IOException {
    var services = new ArrayList<Service>();
    ((Map<?, ?>) compose(file).get("services")).forEach((name, all) -> {
      var keys = new TreeMap<String, Object>();
      ((Map<?, ?>) all).forEach((key, value) -> keys.put(String.valueOf(key), value));
      services.add(new Service(String.valueOf(name), keys));
    });
    return services;
  }

  /// Those that run our image with a command of their own.
  private static List<Service> nodes() throws IOException {
    return services(CLUSTER).stream().filter(service -> service.all.get("image").equals("tidemark")).toList();
  }

  /// The path in this checkout of one below `/etc/tidemark` in the node's container.
  private static String here(Service node, String path) {
    String mounted = node.list("volumes").stream().filter(volume -> volume.endsWith(":/etc/tidemark:ro")).findFirst().orElseThrow();
    return path.replace("/etc/tidemark", DOCKER.resolve(mounted.substring(0, mounted.indexOf(':'))).normalize().toString());
  }

  private static ParseResult parse(Service node) {
    String[] arguments = node.list("command").stream().map(argument -> here(node, argument)).toArray(String[]::new);
    return Main.commandLine(arguments).parseArgs(arguments).subcommand();
  }

  private static String value(ParseResult parsed, String option) {
    return parsed.matchedOption(option).stringValues().getLast();
  }

  private static Map<String, String> settings(ParseResult parsed, String option) {
    var settings = new TreeMap<String, String>();
    for (String setting : parsed.matchedOption(option).stringValues()) {
      int equals = setting.indexOf('=');
      assertEquals(null, settings.put(setting.substring(0, equals), setting.substring(equals + 1)), setting);
    }
    return settings;
  }

  @ParameterizedTest
  @ValueSource(strings = {"compose.yml", CLUSTER})
  void whatAServiceNamesIsThere(String file) throws IOException {
    Map<?, ?> compose = compose(file);
    List<Service> services = services(file);
    var names = new TreeSet<>(services.stream().map(Service::name).toList());
    var volumes = new TreeSet<String>();
    for (Service service : services) {
      service.keys("depends_on").forEach(other -> assertTrue(names.contains(other), service.name + " needs " + other));
      for (String volume : service.list("volumes")) {
        String source = volume.substring(0, volume.indexOf(':'));
        if (source.startsWith(".")) {
          assertTrue(Files.exists(DOCKER.resolve(source)), service.name + " mounts " + source);
        } else {
          assertTrue(volumes.add(source) || file.equals("compose.yml"), "two services write to the volume " + source);
        }
      }
      for (String port : service.list("ports")) {
        assertTrue(port.matches("127\\.0\\.0\\.1:\\d+:9070"), service.name + " publishes " + port);
      }
      if (service.all.containsKey("build")) {
        assertEquals("..", service.map("build").get("context"));
        assertTrue(Files.exists(Path.of(String.valueOf(service.map("build").get("dockerfile")))));
      }
    }
    assertEquals(volumes, new TreeSet<>(((Map<?, ?>) compose.get("volumes")).keySet().stream().map(String::valueOf).toList()));
    var published = services.stream().flatMap(service -> service.list("ports").stream()).toList();
    assertEquals(published.size(), Set.copyOf(published).size(), published::toString);
  }

  @Test
  void theClusterHasEveryRoleAsOftenAsItShould() throws IOException {
    var count = new TreeMap<String, Integer>();
    var replicaSets = new TreeSet<String>();
    for (Service node : nodes()) {
      ParseResult parsed = parse(node);
      assertEquals("serve", parsed.commandSpec().name());
      String roles = String.join(",", parsed.matchedOption("--roles").stringValues());
      count.merge(roles, 1, Integer::sum);
      Map<String, String> set = settings(parsed, "--set");
      assertEquals(node.name, set.get("cluster.node"));
      assertEquals(node.name + ":9071", set.get("cluster.advertise"));
      assertTrue(set.get("cluster.listen").endsWith(":9071"), set::toString);
      assertEquals("0.0.0.0:9070", value(parsed, "--listen"));
      assertEquals("true", set.get("listen_without_login"));
      assertEquals(List.of(node.name + ":/data"), node.list("volumes").stream().filter(volume -> volume.endsWith(":/data")).toList());
      assertEquals("/data", value(parsed, "--data-dir"));
      if (roles.equals("storage")) {
        assertTrue(replicaSets.add(set.get("cluster.replica_set")), set::toString);
      }
    }
    assertEquals(Map.of("collector", 2, "storage", 3, "query,api", 2, "rules", 2, "notifier", 2), count);
    assertEquals(Set.of("0", "1", "2"), replicaSets);
    assertTrue(Files.readString(DOCKER.resolve("cluster/tidemark.yml")).contains("replica_sets: 3"));
  }

  @Test
  void everyServiceIsWatchedAndBounded() throws IOException {
    for (Service service : services(CLUSTER)) {
      assertTrue(service.map("healthcheck").get("test") instanceof List<?> test && test.size() >= 2, service.name);
      assertTrue(service.all.containsKey("mem_limit"), service.name);
      assertEquals("unless-stopped", service.all.get("restart"), service.name);
    }
    for (Service node : nodes()) {
      assertEquals(true, node.all.get("read_only"), node.name);
      assertEquals(List.of("ALL"), node.list("cap_drop"), node.name);
      for (Object condition : node.map("depends_on").values()) {
        assertEquals(Map.of("condition", "service_healthy"), condition, node.name);
      }
    }
  }

  @Test
  void secretsComeFromFilesThatTheScriptMakes() throws Exception {
    var declared = new TreeMap<String, String>();
    ((Map<?, ?>) compose(CLUSTER).get("secrets"))
        .forEach((name, at) -> declared.put(String.valueOf(name), String.valueOf(((Map<?, ?>) at).get("file"))));
    Path copy = Files.copy(DOCKER.resolve("make-secrets.sh"), secrets.resolve("make-secrets.sh"));
    Process script = new ProcessBuilder("sh", copy.toString()).inheritIO().start();
    assertEquals(0, script.waitFor());
    for (var secret : declared.entrySet()) {
      assertEquals("./secrets/" + secret.getKey(), secret.getValue());
      assertTrue(Files.readString(secrets.resolve(secret.getValue())).matches("[0-9a-f]{32}"), secret::toString);
    }
    String before = Files.readString(secrets.resolve("secrets/redis_password"));
    assertEquals(0, new ProcessBuilder("sh", copy.toString()).inheritIO().start().waitFor());
    assertEquals(before, Files.readString(secrets.resolve("secrets/redis_password")), "a second run keeps what is in use");
    for (Service service : services(CLUSTER)) {
      assertTrue(declared.keySet().containsAll(service.keys("secrets")), service.name);
      String text = service.all.toString();
      Matcher used = Pattern.compile("/run/secrets/([a-z0-9_]+)").matcher(text);
      while (used.find()) {
        assertTrue(service.keys("secrets").contains(used.group(1)), service.name + " uses " + used.group(1));
      }
    }
    for (Service node : nodes()) {
      for (var file : settings(parse(node), "--set-file").entrySet()) {
        assertTrue(node.keys("secrets").contains(file.getValue().replace("/run/secrets/", "")), file::toString);
      }
    }
    assertTrue(Files.readString(Path.of(".gitignore")).contains("/docker/secrets/"));
  }

  /// The addresses in the configuration are names of services that listen there.
  @Test
  void addressesAreThoseOfServices() throws IOException {
    List<Service> services = services(CLUSTER);
    var names = new TreeSet<>(services.stream().map(Service::name).toList());
    String text = Files.readString(DOCKER.resolve("cluster/tidemark.yml"));
    var found = new TreeSet<String>();
    Matcher matcher = NAME_AND_PORT.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group());
    }
    found.add("redis:6379");
    found.add("postgres:5432");
    assertTrue(text.contains("redis: {host: redis, port: 6379}") && text.contains("postgres: {host: postgres, port: 5432"), text);
    for (Service node : nodes()) {
      assertTrue(found.contains(node.name + ":9070"), node.name + " is not scraped");
    }
    for (String address : found) {
      assertTrue(names.contains(address.substring(0, address.indexOf(':'))), address);
    }
    assertTrue(found.containsAll(List.of("kafka-1:9092", "kafka-2:9092", "kafka-3:9092")), found::toString);
    List<Service> brokers = services.stream().filter(service -> service.name.startsWith("kafka-")).toList();
    assertEquals(3, brokers.size());
    for (Service broker : brokers) {
      Map<?, ?> settings = broker.map("environment");
      assertEquals("PLAINTEXT://" + broker.name + ":9092", settings.get("KAFKA_ADVERTISED_LISTENERS"));
      assertTrue(String.valueOf(settings.get("KAFKA_CONTROLLER_QUORUM_VOTERS"))
          .contains(settings.get("KAFKA_NODE_ID") + "@" + broker.name + ":9093"), settings::toString);
      assertEquals(settings.get("CLUSTER_ID"), Uuid.fromString(String.valueOf(settings.get("CLUSTER_ID"))).toString());
    }
  }

  /// Every node's configuration, with the secrets of a real run.
  @Test
  void everyMountedConfigurationIsGood() throws IOException {
    for (Service node : nodes()) {
      ParseResult parsed = parse(node);
      var settings = new ArrayList<String>();
      settings(parsed, "--set").forEach((key, value) -> settings.add(key + "=" + value));
      settings(parsed, "--set-file").forEach((key, value) -> settings.add(key + "=secret-of-" + key));
      settings.add("roles=" + String.join(",", parsed.matchedOption("--roles").stringValues()));
      NodeConfig config = NodeConfig.load(new NodeConfig.Source(Optional.of(Path.of(here(node, value(parsed, "--config")))), settings));
      assertFalse(config.ruleGroups().isEmpty());
      assertFalse(config.maskedText().contains("secret-of-"), config::maskedText);
    }
  }

  @Test
  void theImageCopiesWhatIsThereAndItsCommandIsUnderstood() throws IOException {
    String text = Files.readString(DOCKER.resolve("Dockerfile"));
    Matcher copies = Pattern.compile("^COPY (?!--from)(\\S+) ", Pattern.MULTILINE).matcher(text);
    int count = 0;
    while (copies.find()) {
      assertTrue(Files.exists(Path.of(copies.group(1))), copies.group());
      count++;
    }
    assertTrue(count >= 4, text);
    String command = text.lines().filter(line -> line.startsWith("CMD [")).findFirst().orElseThrow();
    String[] arguments = Stream.of(command.substring(5, command.length() - 1).split(", ")).map(word -> word.replace("\"", ""))
        .toArray(String[]::new);
    assertEquals("serve", Main.commandLine(arguments).parseArgs(arguments).subcommand().commandSpec().name());
  }
}
