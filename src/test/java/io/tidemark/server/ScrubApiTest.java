package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damage on a real disk, over HTTP against a running engine.
class ScrubApiTest {
  private static final byte[] NOTHING = {};

  private static List<Path> blocks(Path data) throws IOException {
    try (Stream<Path> walk = Files.walk(data.resolve("storage"))) {
      return walk.filter(path -> path.getFileName().toString().startsWith("block_")).sorted().toList();
    }
  }

  private static JsonObject integrity(EngineProcess engine) {
    return new JsonObject(engine.get("/v1/scrub").body()).getJsonObject("data");
  }

  @Test
  void aScrubAskedForFindsDamageAndQueriesWarnOfIt(@TempDir Path folder) throws IOException {
    Path data = folder.resolve("data");
    try (EngineProcess engine = EngineProcess.start(data)) {
      long now = System.currentTimeMillis() / 10_000 * 10_000;
      var lines = new StringBuilder();
      for (int i = 9; i >= 0; i--) {
        lines.append("worth ").append(i).append(' ').append(now - i * 10_000).append('\n');
      }
      engine.post("/api/v1/import/prometheus", "text/plain", lines.toString().getBytes(StandardCharsets.UTF_8));
      assertEquals(200, engine.post("/-/flush", "text/plain", NOTHING).statusCode());
      Path block = blocks(data).getFirst();
      byte[] content = Files.readAllBytes(block);
      content[12] ^= 2;
      Files.write(block, content);
      assertEquals(202, engine.post("/v1/scrub", "text/plain", NOTHING).statusCode());
      JsonObject found = integrity(engine);
      for (int turn = 0; turn < 10_000 && (found.getInteger("quarantinedCount") == 0
          || found.getJsonArray("quarantined").getJsonObject(0).getJsonArray("damages").isEmpty()); turn++) {
        found = integrity(engine);
      }
      JsonObject damaged = found.getJsonArray("quarantined").getJsonObject(0);
      assertEquals(block + ".damaged", damaged.getString("file"));
      JsonObject damage = damaged.getJsonArray("damages").getJsonObject(0);
      assertTrue(damage.getString("part").startsWith("page "), damage.encode());
      assertEquals(8, damage.getInteger("offset"));
      assertTrue(damage.getString("expected").startsWith("checksum "), damage.encode());
      String path = "/api/v1/query?query=" + URLEncoder.encode("worth[1h]", StandardCharsets.UTF_8);
      String warnings = new JsonObject(engine.get(path).body()).getJsonArray("warnings").encode();
      assertTrue(warnings.contains("are missing") && warnings.contains(block.getFileName().toString()), warnings);
      assertTrue(engine.get("/metrics").body().lines().anyMatch(line -> line.matches("tidemark_quarantined_blocks\\{.*} 1")));
    }
  }
}
