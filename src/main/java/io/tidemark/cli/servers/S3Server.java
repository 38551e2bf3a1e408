package io.tidemark.cli.servers;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;

/// An S3 server on loopback that asks for signed requests, with its objects in memory or in a directory.
///
/// What was stored outlives {@link #stop} and {@link #start}; a server in a directory also finds the objects of an earlier process.
/// Not thread-safe.
public final class S3Server implements AutoCloseable {
  /// The one account. The server is reachable from this machine only.
  public static final String ACCESS_KEY = "tidemark-example";
  public static final String SECRET_KEY = "not-a-secret-outside-of-loopback";
  public static final String REGION = "us-east-1";

  private final BlobStore store;
  private int port;
  private S3Proxy proxy;

  private S3Server(BlobStore store, int port) throws IOException {
    this.store = store;
    this.port = port;
    proxy = listen();
  }

  /// Starts one whose objects live as long as this object.
  ///
  /// @param port 0 for a free one
  public static S3Server inMemory(int port) throws IOException {
    return new S3Server(BlobStores.create("transient-nio2", new Properties()), port);
  }

  /// Starts one that keeps its objects below `directory`, which is made if need be.
  ///
  /// @param port 0 for a free one
  public static S3Server inDirectory(int port, Path directory) throws IOException {
    Files.createDirectories(directory);
    var properties = new Properties();
    properties.setProperty("jclouds.filesystem.basedir", directory.toAbsolutePath().toString());
    return new S3Server(BlobStores.create("filesystem-nio2", properties), port);
  }

  private S3Proxy listen() throws IOException {
    var started = S3Proxy.builder().blobStore(store).endpoint(URI.create("http://127.0.0.1:" + port))
        .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY).stopTimeout(0).build();
    try {
      started.start();
    } catch (Exception e) {
      throw new IOException("the S3 server does not start at " + endpoint() + ": " + e.getMessage(), e);
    }
    port = started.getPort();
    return started;
  }

  /// Where it listens; the same after a stop and a start.
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /// Makes a bucket (3 to 63 characters); nothing happens when it is there.
  public void createBucket(String bucket) {
    if (!store.containerExists(bucket)) {
      store.createContainer(bucket);
    }
  }

  /// Removes a bucket with everything in it.
  public void deleteBucket(String bucket) {
    store.deleteContainer(bucket);
  }

  /// Listens again after {@link #stop}, on the same port and with the same objects.
  public void start() throws IOException {
    proxy = listen();
  }

  /// Refuses connections until {@link #start}.
  public void stop() throws IOException {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new IOException("the S3 server at " + endpoint() + " does not stop: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    stop();
    store.close();
  }

  /// Runs until killed: `S3Server PORT DIRECTORY BUCKET…`. Prints one line when it is ready.
  public static void main(String[] args) throws Exception {
    if (args.length < 2) {
      System.err.println("usage: S3Server PORT DIRECTORY [BUCKET ...]");
      System.exit(2);
    }
    S3Server server = inDirectory(Integer.parseInt(args[0]), Path.of(args[1]));
    for (int i = 2; i < args.length; i++) {
      server.createBucket(args[i]);
    }
    System.out.println("ready: S3 at " + server.endpoint());
    new CountDownLatch(1).await();
  }
}
