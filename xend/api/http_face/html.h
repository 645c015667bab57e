// Text as HTML, and the frame of a page. What is in the pages is in pages.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xend {

// `text`, whoever wrote it, for a place between tags or in a quoted attribute: no markup of its own survives, bytes
// that are no UTF-8 become U+FFFD.
std::string html_text(std::string_view text);

// `text` as one element of a path in a link.
std::string url_element(std::string_view text);

// A link of the line at the top of a page: where to, and its name.
using Crumb = std::pair<std::string, std::string>;

// A whole document. `title` and the names of `crumbs` are plain text, `body` is HTML. It needs nothing from anywhere,
// runs no script, and follows what the reader prefers of light and dark.
std::string html_page(std::string_view title, const std::vector<Crumb>& crumbs, std::string_view body);

// The headers that keep it so, should there be a mistake in the escaping: no scripts, no frames, no forms.
std::vector<std::pair<std::string, std::string>> html_headers();

}  // namespace xend
