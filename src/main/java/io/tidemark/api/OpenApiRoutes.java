package io.tidemark.api;

import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// `/api/v1/openapi.yaml`: the description of everything that the port serves, as OpenAPI 3.1. Kept by hand beside this class; a test
/// compares it with the routes.
final class OpenApiRoutes {
  private OpenApiRoutes() {}

  static void mount(Router router) {
    String document = document();
    router.get("/api/v1/openapi.yaml").handler(context -> Answers.send(context, 200, "application/yaml", document));
  }

  private static String document() {
    try (InputStream in = OpenApiRoutes.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        throw new IllegalStateException("openapi.yaml is missing beside " + OpenApiRoutes.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
