package io.tidemark.objects;

import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import io.tidemark.guard.GuardConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where objects are kept.
public sealed interface ObjectStoreConfig {
  /// A directory of a file system.
  ///
  /// @param path made if need be; relative to the data directory
  record Directory(Path path, ObjectLimits limits) implements ObjectStoreConfig {}

  /// A bucket behind an endpoint that speaks S3.
  ///
  /// @param endpoint   e.g. `https://s3.example.com`; empty for the region's own endpoint of AWS
  /// @param prefix     what all keys begin with in the bucket; empty, or ending in `/`
  /// @param pathStyle  whether the bucket is named in the path, not in the host
  /// @param guard      deadline of one attempt, pauses between attempts, circuit
  record S3(String endpoint, String region, String bucket, String prefix, String accessKey, Secret secretKey, boolean pathStyle,
      GuardConfig guard, ObjectLimits limits) implements ObjectStoreConfig {
    /// An attempt moves at most one part; three of them give a short outage time to pass.
    public static final GuardConfig GUARD = new GuardConfig("s3", 10_000, List.of(200L, 1_000L), 5, 5_000);
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

    private static S3 read(Section section) {
      String endpoint = section.text("endpoint", "");
      if (!endpoint.isEmpty() && !isEndpoint(endpoint)) {
        section.problem("endpoint", "objects.s3.endpoint: expected http://HOST[:PORT] or https://HOST[:PORT], found "
            + (endpoint.contains("@") ? "one with a login, or @ for another reason (not shown)" : endpoint));
      }
      String bucket = section.requiredText("bucket");
      if (!bucket.isEmpty() && !BUCKET.matcher(bucket).matches()) {
        section.problem("bucket", "objects.s3.bucket: expected 3 to 63 of a-z 0-9 . -, found " + bucket);
      }
      String prefix = section.text("prefix", "");
      if (prefix.startsWith("/") || List.of(prefix.split("/", -1)).contains("..")) {
        section.problem("prefix", "objects.s3.prefix: expected a prefix of keys such as monitoring/, found " + prefix);
      }
      // Half of a pair: neither half is shown.
      section.secret("access_key");
      var config = new S3(endpoint, section.text("region", "us-east-1"), bucket,
          prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/", section.requiredText("access_key"),
          section.secret("secret_key"), section.flag("path_style", true), GUARD.read(section), readLimits(section));
      section.done();
      return config;
    }

    private static boolean isEndpoint(String text) {
      try {
        URI uri = URI.create(text);
        return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null
            && uri.getUserInfo() == null && uri.getQuery() == null;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }

  ObjectLimits limits();

  private static ObjectLimits readLimits(Section section) {
    ObjectLimits standard = ObjectLimits.DEFAULT;
    return new ObjectLimits((int) section.number("concurrency", standard.concurrency(), 1, 1024),
        (int) section.number("queue", standard.waitingMax(), 0, 1_000_000), standard.partBytes());
  }

  /// Reads the section `objects`: `backend` is `none` (the default), `directory` or `s3`, and names the section that counts.
  static Optional<ObjectStoreConfig> read(Section section) {
    String backend = section.oneOf("backend", "none", "none", "directory", "s3");
    Section directory = section.sectionOrEmpty("directory");
    Optional<ObjectStoreConfig> config = switch (backend) {
      case "directory" -> Optional.of(readDirectory(directory));
      case "s3" -> Optional.of(S3.read(section.sectionOrEmpty("s3")));
      default -> Optional.empty();
    };
    // Known as a secret also where it does not count, so that no print of the configuration shows it.
    section.section("s3").ifPresent(s3 -> {
      s3.secret("access_key");
      s3.secret("secret_key");
    });
    section.done();
    return config;
  }

  private static Directory readDirectory(Section section) {
    var config = new Directory(Path.of(section.text("path", "cold")), readLimits(section));
    section.done();
    return config;
  }
}
