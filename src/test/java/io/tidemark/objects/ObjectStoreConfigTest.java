package io.tidemark.objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Section;
import io.tidemark.config.Yaml;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ObjectStoreConfigTest {
  private final Problems problems = new Problems("tidemark.yml");

  private Optional<ObjectStoreConfig> read(String yaml) {
    Section section = Yaml.parse(yaml, problems);
    return ObjectStoreConfig.read(section);
  }

  @Test
  void noneByDefault() {
    assertEquals(Optional.empty(), read("{}"));
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }

  @Test
  void readsADirectory() {
    assertEquals(Optional.of(new ObjectStoreConfig.Directory(Path.of("/mnt/cold"), ObjectLimits.DEFAULT)),
        read("backend: directory\ndirectory: {path: /mnt/cold}\n"));
    assertTrue(problems.isEmpty(), problems.texts().toString());
  }

  @Test
  void readsABucket() {
    var config = (ObjectStoreConfig.S3) read("backend: s3\ns3: {endpoint: 'http://127.0.0.1:9000', bucket: tidemark, prefix: prod,"
        + " access_key: a, secret_key: canary-1b, timeout: 3s, concurrency: 4}\n").orElseThrow();
    assertTrue(problems.isEmpty(), problems.texts().toString());
    assertEquals("prod/", config.prefix());
    assertEquals("us-east-1", config.region());
    assertEquals("canary-1b", config.secretKey().reveal());
    assertEquals(3_000, config.guard().timeoutMillis());
    assertEquals(4, config.limits().concurrency());
    assertTrue(config.pathStyle());
    assertFalse(config.toString().contains("canary-1b"));
  }

  @Test
  void wrongKeysAreProblemsWithTheirPlace() {
    for (String yaml : List.of("backend: tape\n", "backend: s3\ns3: {bucket: tidemark}\n",
        "backend: s3\ns3: {bucket: UPPER, access_key: a}\n", "backend: s3\ns3: {bucket: tidemark, access_key: a, endpoint: 'ftp://x'}\n",
        "backend: s3\ns3: {bucket: tidemark, access_key: a, endpoint: 'http://user:word@x'}\n",
        "backend: s3\ns3: {bucket: tidemark, access_key: a, prefix: /x}\n",
        "backend: s3\ns3: {bucket: tidemark, access_key: a, prefx: x}\n")) {
      var found = new Problems("f");
      ObjectStoreConfig.read(Yaml.parse(yaml, found));
      assertEquals(1, found.texts().size(), yaml + found.texts());
      assertTrue(found.texts().getFirst().matches("f:\\d+:\\d+: .*(objects|backend|s3).*"), found.texts().getFirst());
    }
  }

  @Test
  void theSecretIsMaskedAlsoWhereItDoesNotCount() {
    for (String backend : List.of("none", "directory", "s3")) {
      Section root = Yaml.parse("backend: " + backend + "\ns3: {bucket: tidemark, access_key: a, secret_key: canary-1b}\n", problems);
      ObjectStoreConfig.read(root);
      assertFalse(Yaml.print(root).contains("canary-1b"), backend);
    }
  }
}
