package io.tidemark.api.ui;

import io.tidemark.api.Answers;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends the interface's scripts and styles compressed to browsers that accept it; everything else is left to the next handler.
final class TextFiles {
  private static final Pattern ASSET = Pattern.compile("/(?:assets/)?[A-Za-z0-9_-]+\\.(js|css)");
  private static final Map<String, String> TYPES = Map.of("js", "text/javascript;charset=UTF-8", "css", "text/css;charset=UTF-8");
  private static final Logger LOG = LoggerFactory.getLogger(TextFiles.class);
  private final String root;
  private final int maxAgeSeconds;

  /// @param root where the files lie on the class path
  TextFiles(String root, int maxAgeSeconds) {
    this.root = root;
    this.maxAgeSeconds = maxAgeSeconds;
  }

  void handle(RoutingContext context) {
    var asset = ASSET.matcher(context.request().path());
    if (context.request().getHeader("Accept-Encoding") == null || context.request().getHeader("Range") != null || !asset.matches()) {
      context.next();
      return;
    }
    try (InputStream in = TextFiles.class.getResourceAsStream("/" + root + asset.group())) {
      if (in == null) {
        context.next();
        return;
      }
      context.response().putHeader("Cache-Control", "public, immutable, max-age=" + maxAgeSeconds);
      Answers.send(context, 200, TYPES.get(asset.group(1)), new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("path", asset.group()).setCause(e).log("A file of the interface cannot be read compressed.");
      context.next();
    }
  }
}
