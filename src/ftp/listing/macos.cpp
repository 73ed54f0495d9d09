#include "ftp/listing/fields.hpp"
#include "ftp/listing/line_parser.hpp"

namespace fairlead::ftp {
namespace {

/// NetPresenz and its kin on the classic Mac OS:
///
///     drwxrwxr-x               folder        2 May 10  1996 network
///     -------r--         326  1391972  1392298 Nov 22  1995 MegaPhone.sit
///
/// The numbers of a file are resource fork, data fork and their sum. Which of them a transfer moves depends
/// on the encoding chosen, so none of them becomes the size.
class MacosParser final : public LineParser {
  public:
    explicit MacosParser(const ListTime& time) : unix_(make_unix_parser(time)) {}

    LineResult parse(std::string_view line, Entry& entry) override {
        const fields::Words words(line);
        if (words.size() < 7) return LineResult::bad;
        const bool folder = line.front() == 'd' && words[1].text == "folder";
        const auto resource = fields::number(words[1].text), data = fields::number(words[2].text),
                   both = fields::number(words[3].text);
        const bool forks = line.front() == '-' && resource && data && both && *resource + *data == *both;
        if (!folder && !forks) return LineResult::bad;
        const auto result = unix_->parse(line, entry);
        entry.owner.reset();
        entry.group.reset();
        entry.size.reset();
        return result;
    }

  private:
    std::unique_ptr<LineParser> unix_;
};

}  // namespace

std::unique_ptr<LineParser> make_macos_parser(const ListTime& time) {
    return std::make_unique<MacosParser>(time);
}

}  // namespace fairlead::ftp
