#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// NLST: a name on each line and nothing else, so EntryType::file means "not known" here. Some servers give
/// the path with it, of which the last part counts, and some write the complaints of ls into the listing.
class NlstParser final : public LineParser {
  public:
    LineResult parse(std::string_view line, Entry& entry) override {
        if (line.ends_with(": No such file or directory") || line.ends_with(": Permission denied") ||
            line.ends_with(": not found") || line.starts_with("ls: ") || line.starts_with("/bin/ls: "))
            return LineResult::bad;
        if (line.size() > 1 && line.ends_with('/')) {
            line.remove_suffix(1);
            entry.type = EntryType::directory;
        }
        if (const auto slash = line.rfind('/'); slash != std::string_view::npos)
            line.remove_prefix(slash + 1);
        entry.name = line;
        return LineResult::entry;
    }
};

}  // namespace

std::unique_ptr<LineParser> make_nlst_parser() {
    return std::make_unique<NlstParser>();
}

}  // namespace fairlead::ftp
