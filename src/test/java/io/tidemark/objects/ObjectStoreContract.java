package io.tidemark.objects;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Checksum;
import io.tidemark.disk.CrashingDisk;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectStore.Put;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// What every object store keeps to.
public abstract class ObjectStoreContract {
  protected static final int PART_BYTES = 5 << 20;
  protected static final ObjectLimits LIMITS = new ObjectLimits(8, 1024, PART_BYTES);
  /// Where the files lie that are put.
  private final CrashingDisk local = new CrashingDisk(1);

  /// The store under test, empty; the same one within a test.
  protected abstract ObjectStore store();

  /// Takes the store away.
  protected abstract void away() throws Exception;

  /// Brings it back as it was.
  protected abstract void back() throws Exception;

  protected static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within 60 s", e);
    }
  }

  protected static TidemarkException failure(Future<?> future) {
    return assertThrows(TidemarkException.class, () -> await(future));
  }

  private Path file(String name, byte[] content) {
    Path path = Path.of("/local", name);
    local.put(path, content);
    return path;
  }

  protected final Put put(String key, byte[] content) {
    return await(store().putIfAbsent(key, local, file(key.replace('/', '+'), content)));
  }

  protected static byte[] random(int bytes) {
    var content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  private List<String> keys(String prefix) {
    return await(store().listAll(prefix, 10_000)).stream().map(StoredObject::key).toList();
  }

  @Test
  void putsOnceAndLeavesWhatIsThere() {
    assertEquals(Put.CREATED, put("shard-0001/a.tmb", random(1000)));
    assertEquals(Put.PRESENT, put("shard-0001/a.tmb", random(999)));
    assertArrayEquals(random(1000), await(store().read("shard-0001/a.tmb", 0, 1000)));
  }

  @Test
  void ofPutsAtOnceOneCreates() {
    Path file = file("many", random(100_000));
    var puts = new ArrayList<Future<Put>>();
    for (int i = 0; i < 6; i++) {
      puts.add(store().putIfAbsent("many.tmb", local, file));
    }
    assertEquals(1, puts.stream().map(ObjectStoreContract::await).filter(Put.CREATED::equals).count());
    assertEquals(Checksum.crc32c(random(100_000), 0, 100_000), await(store().checksum("many.tmb", 100_000)));
  }

  @Test
  void readsExactlyTheRange() {
    byte[] content = random(70_000);
    put("x.tmb", content);
    assertArrayEquals(Arrays.copyOfRange(content, 40_000, 40_010), await(store().read("x.tmb", 40_000, 10)));
    assertArrayEquals(Arrays.copyOfRange(content, 69_999, 70_000), await(store().read("x.tmb", 69_999, 1)));
    assertArrayEquals(new byte[0], await(store().read("x.tmb", 10, 0)));
  }

  @Test
  void aRangePastTheEndIsDamage() {
    put("x.tmb", random(100));
    for (long offset : new long[] {99, 100, 1000}) {
      TidemarkException damage = failure(store().read("x.tmb", offset, 2));
      assertEquals(ErrorCode.CORRUPT, damage.code(), damage.getMessage());
      assertTrue(damage.getMessage().contains("x.tmb") && damage.getMessage().contains(store().name()), damage.getMessage());
    }
  }

  @Test
  void tellsTheSize() {
    put("a/b/x.tmb", random(12_345));
    put("empty.tmb", new byte[0]);
    assertEquals(new StoredObject("a/b/x.tmb", 12_345), await(store().head("a/b/x.tmb")));
    assertEquals(new StoredObject("empty.tmb", 0), await(store().head("empty.tmb")));
    assertEquals(0, await(store().checksum("empty.tmb", 0)));
  }

  @Test
  void aMissingObjectIsNamed() {
    for (Future<?> call : List.of(store().read("a/none.tmb", 0, 1), store().read("a/none.tmb", 0, 0), store().head("a/none.tmb"))) {
      TidemarkException missing = failure(call);
      assertEquals(ErrorCode.NOT_FOUND, missing.code(), missing.getMessage());
      assertTrue(missing.getMessage().contains("a/none.tmb") && missing.getMessage().contains(store().name()), missing.getMessage());
    }
  }

  @Test
  void putsLargeFilesWhole() {
    byte[] content = random(2 * PART_BYTES + 12_345);
    assertEquals(Put.CREATED, put("large.tmb", content));
    assertEquals(content.length, await(store().head("large.tmb")).bytes());
    assertEquals(Checksum.crc32c(content, 0, content.length), await(store().checksum("large.tmb", content.length)));
    assertArrayEquals(Arrays.copyOfRange(content, PART_BYTES - 5, PART_BYTES + 5), await(store().read("large.tmb", PART_BYTES - 5, 10)));
    assertEquals(Put.PRESENT, put("large.tmb", content));
  }

  @Test
  void aPutThatFailsHalfwayLeavesNothing() {
    byte[] content = random(2 * PART_BYTES + 1);
    Path file = file("half", content);
    local.failNth(CrashingDisk.Kind.READ, 2, ErrorCode.DISK_FAILED);
    assertEquals(ErrorCode.DISK_FAILED, failure(store().putIfAbsent("half.tmb", local, file)).code());
    assertEquals(ErrorCode.NOT_FOUND, failure(store().head("half.tmb")).code());
    assertEquals(List.of(), keys(""));
    assertEquals(Put.CREATED, await(store().putIfAbsent("half.tmb", local, file)));
    assertEquals(Checksum.crc32c(content, 0, content.length), await(store().checksum("half.tmb", content.length)));
  }

  @Test
  void listsByPrefixInOrder() {
    for (String key : List.of("shard-0001/b.tmb", "shard-0001/a.tmb", "shard-0001-x/a.tmb", "shard-0002/a.tmb", "top.tmb", "s/t/u.tmb")) {
      put(key, random(key.length()));
    }
    assertEquals(List.of("s/t/u.tmb", "shard-0001-x/a.tmb", "shard-0001/a.tmb", "shard-0001/b.tmb", "shard-0002/a.tmb", "top.tmb"),
        keys(""));
    assertEquals(List.of("shard-0001/a.tmb", "shard-0001/b.tmb"), keys("shard-0001/"));
    assertEquals(List.of("shard-0001/b.tmb"), keys("shard-0001/b"));
    assertEquals(List.of("s/t/u.tmb"), keys("s/"));
    assertEquals(List.of(), keys("none/"));
  }

  @Test
  void listsPageByPage() {
    var expected = new ArrayList<String>();
    for (int i = 0; i < 7; i++) {
      expected.add("f/" + i + ".tmb");
      put("f/" + i + ".tmb", random(i));
    }
    put("g/1.tmb", random(1));
    var found = new ArrayList<String>();
    String after = "";
    int pages = 0;
    do {
      ObjectPage page = await(store().list("f/", after, 3));
      assertTrue(page.objects().size() <= 3);
      page.objects().forEach(object -> found.add(object.key()));
      after = page.next();
      pages++;
    } while (!after.isEmpty());
    assertEquals(expected, found);
    assertEquals(3, pages);
    assertEquals(ErrorCode.TOO_LARGE, failure(store().listAll("f/", 6)).code());
  }

  @Test
  void deletes() {
    put("a/x.tmb", random(10));
    await(store().delete("a/x.tmb"));
    await(store().delete("a/x.tmb"));
    assertEquals(ErrorCode.NOT_FOUND, failure(store().head("a/x.tmb")).code());
    assertEquals(List.of(), keys(""));
    assertEquals(Put.CREATED, put("a/x.tmb", random(11)));
  }

  @Test
  void refusesKeysThatPointElsewhere() {
    for (String key : List.of("../x.tmb", "a/../x.tmb", "/x.tmb", "a//x.tmb", ".x", "a/.tmb", "a/x", "", "a.b/x.tmb", "a\\x.tmb", "ä.tmb",
        "a/x.", "x".repeat(513) + ".t")) {
      assertThrows(IllegalArgumentException.class, () -> store().head(key), key);
      assertThrows(IllegalArgumentException.class, () -> store().read(key, 0, 1), key);
      assertThrows(IllegalArgumentException.class, () -> store().putIfAbsent(key, local, Path.of("/local/x")), key);
      assertThrows(IllegalArgumentException.class, () -> store().delete(key), key);
    }
    assertThrows(IllegalArgumentException.class, () -> store().list("../", "", 10));
  }

  @Test
  void awayIsNotMissing() throws Exception {
    put("a/x.tmb", random(10));
    away();
    Path file = file("y", random(10));
    for (Future<?> call : List.of(store().read("a/x.tmb", 0, 10), store().head("a/x.tmb"), store().list("", "", 10),
        store().putIfAbsent("a/y.tmb", local, file), store().delete("a/x.tmb"))) {
      TidemarkException away = failure(call);
      assertEquals(ErrorCode.UNAVAILABLE, away.code(), away.getMessage());
    }
    back();
    assertArrayEquals(random(10), await(store().read("a/x.tmb", 0, 10)));
    assertEquals(List.of("a/x.tmb"), keys(""));
  }
}
