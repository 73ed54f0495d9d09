#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::transfer {

/// Where a walk is, by the real directories it came through, so that links that lead back are seen. Lexical:
/// it knows what the links say, not what the server makes of them.
class LinkPath {
  public:
    explicit LinkPath(std::string top) : real_{std::move(top)} {}

    /// One level down, into a plain directory.
    LinkPath down(std::string_view name) const;
    /// Through a link in the directory we are in, to what it says (empty: not known). Nothing when it leads
    /// back to where we came through, or through more links than anybody needs.
    std::optional<LinkPath> through(std::string_view link_name, std::string_view target) const;

    /// Whether a link at `link` (relative to some tree, "/a/link") points to something in that tree.
    static bool stays_inside(std::string_view link, std::string_view target);

  private:
    std::vector<std::string> real_;  // from the top to here, as far as is known
    unsigned links_ = 0;
};

}  // namespace fairlead::transfer
