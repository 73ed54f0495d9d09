#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fairlead::cli {

/// Rows of texts under headings, in aligned columns.
class Table {
  public:
    explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    /// As many cells as there are headings. Control characters become visible.
    void add(std::vector<std::string> cells);
    /// The lines, each with its line end. With `width`, the widest columns are cut ("…") until the lines fit.
    std::string text(std::optional<unsigned> width) const;

  private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace fairlead::cli
