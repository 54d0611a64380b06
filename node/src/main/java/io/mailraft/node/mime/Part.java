package io.mailraft.node.mime;

import java.util.ArrayList;
import java.util.List;

/**
 * What the caller said of a part: an attachment, an alternative, a text. Values are checked where
 * they could harm a header; an empty one was not given.
 */
final class Part {
  final String path;
  Content content = Content.empty();
  String filename = "";

  /** Whether the part is to have no name, not even a made one. */
  boolean nameless;

  String contentType = "";
  String disposition = "";
  String cid = "";
  String transferEncoding = "";

  /** Of a calendar event (RFC 5546): REQUEST, CANCEL, ... */
  String method = "";

  List<HeaderField> headers = new ArrayList<>();

  Part(String path) {
    this.path = path;
  }
}
