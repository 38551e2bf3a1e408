package io.tidemark.objects.s3;

import io.tidemark.disk.Disk;
import io.tidemark.disk.DiskFile;
import io.tidemark.guard.Guard;
import io.tidemark.guard.Guards;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.objects.ObjectCalls;
import io.tidemark.objects.ObjectKey;
import io.tidemark.objects.ObjectPage;
import io.tidemark.objects.ObjectStore;
import io.tidemark.objects.ObjectStoreConfig;
import io.tidemark.objects.StoredObject;
import io.tidemark.telemetry.Metrics;
import io.tidemark.time.Clock;
import io.tidemark.time.Timers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Objects in a bucket. Each request is one guarded call, also each part of a large put, so that a deadline is that of one part.
///
/// Only what nearly every vendor has is used: signature 4, ranged reads, lists of version 2, parts, and `If-None-Match: *`. The vendor's
/// optional checksums and signed chunks are not: who puts an object proves it by reading it back.
public final class S3Store implements ObjectStore {
  private static final Logger LOG = LoggerFactory.getLogger(S3Store.class);
  /// S3 takes no more parts.
  private static final int PARTS_MAX = 10_000;
  private static final String MEDIA_TYPE = "application/octet-stream";

  private final String bucket;
  private final String prefix;
  private final String name;
  private final int partBytes;
  private final S3Client client;
  private final ExecutorService threads;
  private final ObjectCalls calls;
  private final Guard guard;
  private final String endpoint;

  private S3Store(ObjectStoreConfig.S3 config, Timers timers, Clock clock, Metrics metrics) {
    bucket = config.bucket();
    prefix = config.prefix();
    name = "s3 bucket " + bucket + (config.endpoint().isEmpty() ? " in " + config.region() : " at " + config.endpoint());
    partBytes = config.limits().partBytes();
    client = client(config);
    threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("s3-", 0).factory());
    endpoint = config.endpoint().isEmpty() ? "s3." + config.region() : config.endpoint();
    guard = new Guard(config.guard(), timers, clock, metrics);
    calls = new ObjectCalls(name, config.limits(), threads, guard::call, clock, metrics);
  }

  private static S3Client client(ObjectStoreConfig.S3 config) {
    Duration timeout = Duration.ofMillis(config.guard().timeoutMillis());
    // Nothing of the account that runs the process is looked at: what counts is in the configuration.
    ProfileFile none = ProfileFile.aggregator().build();
    // A body in signed chunks ends with a chunk of no content: a server that has what it was promised may answer and close before it, and
    // a put that was carried out looks like one that broke.
    var builder = S3Client.builder().region(Region.of(config.region())).forcePathStyle(config.pathStyle())
        .serviceConfiguration(service -> service.chunkedEncodingEnabled(false))
        .credentialsProvider(StaticCredentialsProvider.create(
            AwsBasicCredentials.create(config.accessKey(), config.secretKey().reveal())))
        .httpClientBuilder(UrlConnectionHttpClient.builder().connectionTimeout(timeout).socketTimeout(timeout))
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .overrideConfiguration(override -> override.retryStrategy(AwsRetryStrategy.doNotRetry()).apiCallAttemptTimeout(timeout)
            .defaultProfileFile(none));
    if (!config.endpoint().isEmpty()) {
      builder.endpointOverride(URI.create(config.endpoint()));
    }
    return builder.build();
  }

  /// Opens the bucket, see {@link ObjectStore#open}.
  public static Future<ObjectStore> open(ObjectStoreConfig.S3 config, Timers timers, Clock clock, Metrics metrics) {
    Promise<S3Store> made = Promise.promise();
    // The vendor's client takes a second to load, which is no time for the caller's loop to stand still.
    Thread.ofVirtual().name("s3-open").start(() -> {
      try {
        made.complete(new S3Store(config, timers, clock, metrics));
      } catch (RuntimeException e) {
        made.fail(new TidemarkException(ErrorCode.INTERNAL, "cannot make a client of s3 bucket " + config.bucket() + ": " + e, e));
      }
    });
    return made.future().compose(store -> store.probe().<ObjectStore>map(store)
        .recover(failure -> store.close().transform(_ -> Future.failedFuture(failure))));
  }

  private Future<Void> probe() {
    return call("probe", "use bucket " + bucket, () -> client.listObjectsV2(list -> list.bucket(bucket).maxKeys(1).prefix(prefix)))
        .transform(result -> {
          if (result.succeeded()) {
            return Future.succeededFuture();
          }
          if (isRefusal(result.cause())) {
            return Future.failedFuture(new TidemarkException(ErrorCode.NOT_SUPPORTED, result.cause().getMessage(), result.cause()));
          }
          LOG.atWarn().addKeyValue("store", name).addKeyValue("reason", result.cause().getMessage())
              .log("The object store is away; it is used when it is back");
          return Future.succeededFuture();
        });
  }

  /// Whether waiting will not help: the endpoint answered, and the configuration is what it did not like.
  private static boolean isRefusal(Throwable failure) {
    return failure.getCause() instanceof S3Exception answer
        && answer.statusCode() >= 400 && answer.statusCode() < 500 && answer.statusCode() != 429;
  }

  /// One guarded request.
  private <T> Future<T> call(String call, String what, Callable<T> request) {
    return calls.run(call, () -> {
      try {
        return request.call();
      } catch (SdkException e) {
        throw S3Failures.of(name, what, e);
      }
    });
  }

  @Override
  public String name() {
    return name;
  }

  // ---- put

  @Override
  public Future<Put> putIfAbsent(String key, Disk disk, Path file) {
    ObjectKey.checked(key);
    return exists(key).compose(exists -> exists ? Future.succeededFuture(Put.PRESENT)
        : calls.local(() -> bytes(disk, file)).compose(bytes -> bytes <= partBytes
            ? putWhole(key, disk, file, (int) (long) bytes)
            : putParts(key, disk, file, bytes)));
  }

  private Future<Boolean> exists(String key) {
    return head(key).map(true).recover(failure -> isCode(failure, ErrorCode.NOT_FOUND)
        ? Future.succeededFuture(false) : Future.failedFuture(failure));
  }

  private static boolean isCode(Throwable failure, ErrorCode code) {
    return failure instanceof TidemarkException known && known.code() == code;
  }

  private static long bytes(Disk disk, Path file) {
    try (DiskFile open = disk.openForRead(file)) {
      return open.bytes();
    }
  }

  private static byte[] content(Disk disk, Path file, long offset, int bytes) {
    var content = new byte[bytes];
    try (DiskFile open = disk.openForRead(file)) {
      int n = open.read(ByteBuffer.wrap(content), offset);
      if (n < bytes) {
        throw new TidemarkException(ErrorCode.CORRUPT, file + ": expected " + bytes + " bytes from byte " + offset + " on, found " + n
            + "; it changes while it is sent");
      }
    }
    return content;
  }

  private static RequestBody body(byte[] content) {
    return RequestBody.fromContentProvider(ContentStreamProvider.fromByteArrayUnsafe(content), content.length, MEDIA_TYPE);
  }

  private Future<Put> putWhole(String key, Disk disk, Path file, int bytes) {
    return calls.local(() -> content(disk, file, 0, bytes))
        .compose(content -> call("put", "put " + key, () -> {
          client.putObject(put -> put.bucket(bucket).key(prefix + key).ifNoneMatch("*"), body(content));
          calls.wasWritten(bytes);
          return Put.CREATED;
        })).recover(S3Store::presentAfterConflict);
  }

  private static Future<Put> presentAfterConflict(Throwable failure) {
    return isCode(failure, ErrorCode.CONFLICT) ? Future.succeededFuture(Put.PRESENT) : Future.failedFuture(failure);
  }

  private Future<Put> putParts(String key, Disk disk, Path file, long bytes) {
    long parts = (bytes + partBytes - 1) / partBytes;
    if (parts > PARTS_MAX) {
      return Future.failedFuture(new TidemarkException(ErrorCode.TOO_LARGE, name + ": cannot put " + key + " of " + bytes + " bytes: "
          + parts + " parts, at most " + PARTS_MAX));
    }
    return call("begin parts", "begin to put " + key, () ->
        client.createMultipartUpload(create -> create.bucket(bucket).key(prefix + key).contentType(MEDIA_TYPE)).uploadId())
        .compose(upload -> sendParts(new Parts(key, upload, disk, file, bytes), new ArrayList<>())
            .compose(sent -> complete(key, upload, bytes, sent))
            .recover(failure -> abort(key, upload, failure)));
  }

  private record Parts(String key, String upload, Disk disk, Path file, long bytes) {}

  private Future<List<CompletedPart>> sendParts(Parts parts, List<CompletedPart> sent) {
    long offset = (long) sent.size() * partBytes;
    if (offset >= parts.bytes) {
      return Future.succeededFuture(sent);
    }
    int number = sent.size() + 1;
    int bytes = (int) Math.min(partBytes, parts.bytes - offset);
    return calls.local(() -> content(parts.disk, parts.file, offset, bytes))
        .compose(content -> call("put part", "put part " + number + " of " + parts.key, () -> {
          String tag = client.uploadPart(part -> part.bucket(bucket).key(prefix + parts.key).uploadId(parts.upload).partNumber(number),
              body(content)).eTag();
          calls.wasWritten(bytes);
          return CompletedPart.builder().partNumber(number).eTag(tag).build();
        })).compose(part -> {
          sent.add(part);
          return sendParts(parts, sent);
        });
  }

  private Future<Put> complete(String key, String upload, long bytes, List<CompletedPart> parts) {
    return call("complete parts", "complete " + key, () -> {
      client.completeMultipartUpload(complete -> complete.bucket(bucket).key(prefix + key).uploadId(upload).ifNoneMatch("*")
          .multipartUpload(all -> all.parts(parts)));
      return Put.CREATED;
    }).recover(failure -> isCode(failure, ErrorCode.NOT_FOUND)
        // An attempt whose answer was lost has ended the upload already.
        ? head(key).compose(found -> found.bytes() == bytes ? Future.succeededFuture(Put.CREATED) : Future.failedFuture(failure))
        : Future.failedFuture(failure));
  }

  /// Gives back the parts; what cannot be given back now goes by the bucket's lifecycle rule.
  private Future<Put> abort(String key, String upload, Throwable cause) {
    return call("abort parts", "abort the put of " + key, () -> client.abortMultipartUpload(
        abort -> abort.bucket(bucket).key(prefix + key).uploadId(upload))).transform(result -> {
          if (result.failed() && !isCode(result.cause(), ErrorCode.NOT_FOUND)) {
            cause.addSuppressed(result.cause());
          }
          return presentAfterConflict(cause);
        });
  }

  // ---- read

  @Override
  public Future<byte[]> read(String key, long offset, int bytes) {
    ObjectKey.checked(key);
    if (bytes == 0) {
      return head(key).map(new byte[0]);
    }
    String what = "read " + key + " from byte " + offset + " on";
    return call("read", what, () -> {
      ResponseBytes<GetObjectResponse> answer = client.getObject(
          get -> get.bucket(bucket).key(prefix + key).range("bytes=" + offset + "-" + (offset + bytes - 1)),
          ResponseTransformer.toBytes());
      byte[] content = answer.asByteArrayUnsafe();
      long announced = answer.response().contentLength();
      if (content.length < announced) {
        throw new TidemarkException(ErrorCode.UNAVAILABLE, name + ": cannot " + what + ": the connection ended after " + content.length
            + " of " + announced + " bytes");
      }
      if (announced < bytes) {
        throw new TidemarkException(ErrorCode.CORRUPT, name + ": object " + key + " ends " + (bytes - announced) + " bytes early: expected "
            + bytes + " bytes from byte " + offset + " on; it was cut");
      }
      if (announced > bytes) {
        throw new TidemarkException(ErrorCode.NOT_SUPPORTED, name + ": asked for " + bytes + " bytes of " + key + ", got " + announced
            + "; the endpoint does not read ranges");
      }
      calls.wasRead(bytes);
      return content;
    }).recover(failure -> isCode(failure, ErrorCode.NOT_FOUND) ? missing(key, failure) : Future.failedFuture(failure));
  }

  @Override
  public Future<StoredObject> head(String key) {
    ObjectKey.checked(key);
    return call("head", "find " + key, () -> new StoredObject(key,
        client.headObject(head -> head.bucket(bucket).key(prefix + key)).contentLength()))
        .recover(failure -> isCode(failure, ErrorCode.NOT_FOUND) ? missing(key, failure) : Future.failedFuture(failure));
  }

  /// Tells a missing bucket from a missing object: the answer to a head has no body to say it, and not every vendor says it to a read.
  private <T> Future<T> missing(String key, Throwable failure) {
    return call("probe", "find bucket " + bucket, () -> client.headBucket(head -> head.bucket(bucket))).transform(result -> {
      var missing = new TidemarkException(ErrorCode.NOT_FOUND, name + ": no object " + key, failure);
      if (result.succeeded()) {
        return Future.failedFuture(missing);
      }
      missing.addSuppressed(result.cause());
      return Future.failedFuture(new TidemarkException(ErrorCode.UNAVAILABLE, name + ": cannot find " + key + ", nor the bucket: "
          + result.cause().getMessage(), missing));
    });
  }

  @Override
  public Future<ObjectPage> list(String under, String after, int max) {
    ObjectKey.checkedPrefix(under);
    if (max < 1 || max > PAGE_OBJECTS_MAX) {
      throw new IllegalArgumentException("a page of " + max + " objects");
    }
    return call("list", "list " + under, () -> {
      ListObjectsV2Response answer = client.listObjectsV2(list -> {
        list.bucket(bucket).prefix(prefix + under).maxKeys(max);
        if (!after.isEmpty()) {
          list.startAfter(prefix + after);
        }
      });
      var objects = new ArrayList<StoredObject>();
      String last = "";
      for (S3Object object : answer.contents()) {
        last = object.key().substring(prefix.length());
        // Somebody else's objects in the bucket are not ours to name.
        if (ObjectKey.isValid(last)) {
          objects.add(new StoredObject(last, object.size()));
        }
      }
      return new ObjectPage(objects, Boolean.TRUE.equals(answer.isTruncated()) ? last : "");
    });
  }

  @Override
  public Future<Void> delete(String key) {
    ObjectKey.checked(key);
    return call("delete", "delete " + key, () -> client.deleteObject(delete -> delete.bucket(bucket).key(prefix + key))).mapEmpty();
  }

  @Override
  public void enter(Guards guards) {
    guards.add("objects", "s3", endpoint, guard);
  }

  @Override
  public Future<Void> close() {
    threads.shutdownNow();
    client.close();
    return Future.succeededFuture();
  }
}
