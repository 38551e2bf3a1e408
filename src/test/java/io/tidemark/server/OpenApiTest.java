package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The description of the interface against what is served.
class OpenApiTest {
  /// Pages of the user interface, which is no interface for programs.
  private static final Set<String> PAGES = Set.of("GET /explore", "GET /alerts", "GET /rules", "GET /targets", "GET /status", "GET /graph");

  private static Node node;
  private static String document;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    node = Node.start(new NodeConfig.Source(Optional.empty(), List.of("data_dir=" + folder.resolve("data"), "listen=127.0.0.1:0",
        "diagnostics.console=false")));
    try (var client = HttpClient.newHttpClient()) {
      var answer = client.send(HttpRequest.newBuilder(URI.create(node.url() + "/api/v1/openapi.yaml")).build(),
          HttpResponse.BodyHandlers.ofString());
      assertEquals("200 application/yaml", answer.statusCode() + " " + answer.headers().firstValue("Content-Type").orElse(""));
      assertEquals(HttpClient.Version.HTTP_1_1, answer.version(), "a client that offers to upgrade");
      document = answer.body();
    }
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static Section root() {
    var problems = new Problems("openapi.yaml");
    Section root = Yaml.parse(document, problems);
    problems.throwIfAny();
    return root;
  }

  @Test
  void describesWhatIsServedAndNothingElse() {
    var served = new TreeSet<>(node.served());
    served.removeAll(PAGES);
    var described = new TreeSet<String>();
    Section paths = root().sectionOrEmpty("paths");
    for (String path : paths.keys()) {
      for (String method : paths.sectionOrEmpty(path).keys()) {
        described.add(method.toUpperCase(Locale.ROOT) + " " + path.replaceAll("\\{([a-z]+)}", ":$1"));
      }
    }
    assertEquals(String.join("\n", served), String.join("\n", described));
  }

  @Test
  void refersToWhatIsThere() {
    Section components = root().sectionOrEmpty("components");
    Matcher references = Pattern.compile("\\$ref: \"#/components/(\\w+)/([\\w-]+)\"").matcher(document);
    var used = new TreeSet<String>();
    while (references.find()) {
      used.add(references.group(1) + "/" + references.group(2));
      assertTrue(components.sectionOrEmpty(references.group(1)).has(references.group(2)), references.group());
    }
    for (String kind : components.keys()) {
      for (String name : components.sectionOrEmpty(kind).keys()) {
        assertTrue(used.contains(kind + "/" + name), () -> kind + "/" + name + " is not used");
      }
    }
  }

  @Test
  void namesEveryOperationOnce() {
    Matcher ids = Pattern.compile("operationId: (\\w+)").matcher(document);
    var seen = new TreeSet<String>();
    while (ids.find()) {
      assertTrue(seen.add(ids.group(1)), ids.group(1));
    }
    assertEquals(node.served().size() - PAGES.size(), seen.size());
  }
}
