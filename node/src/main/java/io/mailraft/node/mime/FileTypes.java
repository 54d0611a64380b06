package io.mailraft.node.mime;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Media types by the extension of a file's name, and back. */
final class FileTypes {
  static final String UNKNOWN = "application/octet-stream";

  private static final String LIST =
      """
      aac audio/aac
      avi video/x-msvideo
      bin application/octet-stream
      bmp image/bmp
      css text/css
      csv text/csv
      doc application/msword
      docx application/vnd.openxmlformats-officedocument.wordprocessingml.document
      eml message/rfc822
      epub application/epub+zip
      gif image/gif
      gz application/gzip
      htm text/html
      html text/html
      ics text/calendar
      jpeg image/jpeg
      jpg image/jpeg
      js application/javascript
      json application/json
      log text/plain
      md text/markdown
      mp3 audio/mpeg
      mp4 video/mp4
      odp application/vnd.oasis.opendocument.presentation
      ods application/vnd.oasis.opendocument.spreadsheet
      odt application/vnd.oasis.opendocument.text
      ogg audio/ogg
      pdf application/pdf
      png image/png
      ppt application/vnd.ms-powerpoint
      pptx application/vnd.openxmlformats-officedocument.presentationml.presentation
      rtf application/rtf
      svg image/svg+xml
      tar application/x-tar
      tif image/tiff
      tiff image/tiff
      txt text/plain
      vcf text/x-vcard
      wav audio/x-wav
      webp image/webp
      xls application/vnd.ms-excel
      xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
      xml application/xml
      zip application/zip
      """;

  private static final Map<String, String> TYPES = new HashMap<>();
  private static final Map<String, String> EXTENSIONS =
      new HashMap<>(
          Map.of(
              "image/jpeg",
              "jpg",
              "image/tiff",
              "tiff",
              "text/html",
              "html",
              "text/plain",
              "txt",
              "application/ics",
              "ics"));

  static {
    LIST.lines()
        .map(line -> line.split(" ", -1))
        .forEach(
            pair -> {
              TYPES.put(pair[0], pair[1]);
              EXTENSIONS.putIfAbsent(pair[1], pair[0]);
            });
  }

  private FileTypes() {}

  /** The type of a file of that name; {@link #UNKNOWN} where nothing tells it. */
  static String ofName(String filename) {
    String extension = filename.substring(filename.lastIndexOf('.') + 1);
    return TYPES.getOrDefault(extension.toLowerCase(Locale.ROOT), UNKNOWN);
  }

  /** The usual extension of a type, without a dot. */
  static String extension(String type) {
    return EXTENSIONS.getOrDefault(type.toLowerCase(Locale.ROOT), "bin");
  }
}
