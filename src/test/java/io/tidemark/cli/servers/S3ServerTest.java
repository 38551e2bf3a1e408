package io.tidemark.cli.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3ServerTest {
  private static S3Client client(URI endpoint, String secret) {
    return S3Client.builder().endpointOverride(endpoint).region(Region.of(S3Server.REGION)).forcePathStyle(true)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.ACCESS_KEY, secret)))
        .httpClientBuilder(UrlConnectionHttpClient.builder()).build();
  }

  private static String read(S3Client client) {
    return client.getObjectAsBytes(get -> get.bucket("blocks").key("a/b")).asUtf8String();
  }

  @Test
  void keepsObjectsOverAStopAndInAnotherProcess(@TempDir Path directory) throws Exception {
    try (S3Server server = S3Server.inDirectory(0, directory); S3Client client = client(server.endpoint(), S3Server.SECRET_KEY)) {
      server.createBucket("blocks");
      client.putObject(put -> put.bucket("blocks").key("a/b"), RequestBody.fromString("sealed"));
      URI before = server.endpoint();
      server.stop();
      server.start();
      assertEquals(before, server.endpoint());
      assertEquals("sealed", read(client));
    }
    try (S3Server server = S3Server.inDirectory(0, directory); S3Client client = client(server.endpoint(), S3Server.SECRET_KEY)) {
      assertEquals("sealed", read(client));
    }
  }

  @Test
  void refusesAWrongSecret() throws Exception {
    try (S3Server server = S3Server.inMemory(0); S3Client client = client(server.endpoint(), "wrong")) {
      server.createBucket("blocks");
      assertEquals(403, assertThrows(S3Exception.class, () -> client.listObjectsV2(list -> list.bucket("blocks"))).statusCode());
    }
  }
}
