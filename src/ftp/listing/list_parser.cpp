#include "ftp/listing/list_parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/path.hpp"
#include "ftp/listing/line_parser.hpp"
#include "ftp/text_match.hpp"

namespace fairlead::ftp {
namespace {

// Where several dialects understand the same lines, the one that comes first wins: the choosier before the
// broader.
constexpr std::array kDetectable{
    ListDialect::eplf, ListDialect::mlsd, ListDialect::macos, ListDialect::unix_,   ListDialect::netware,
    ListDialect::dos,  ListDialect::vms,  ListDialect::os400, ListDialect::nonstop, ListDialect::zos};
constexpr std::size_t kSampleLines = 12;   // enough to get past a heading
constexpr std::size_t kBannerLines = 100;  // as long as nothing is understood
constexpr std::size_t kKeptSkippedLines = 5;
constexpr std::size_t kBatch = 1024;  // about what is taken at once

std::unique_ptr<LineParser> make_parser(ListDialect dialect, const ListTime& time) {
    switch (dialect) {
        case ListDialect::mlsd:
            return make_mlsd_parser();
        case ListDialect::unix_:
            return make_unix_parser(time);
        case ListDialect::dos:
            return make_dos_parser(time);
        case ListDialect::vms:
            return make_vms_parser(time);
        case ListDialect::os400:
            return make_os400_parser(time);
        case ListDialect::zos:
            return make_zos_parser(time);
        case ListDialect::netware:
            return make_netware_parser(time);
        case ListDialect::eplf:
            return make_eplf_parser();
        case ListDialect::macos:
            return make_macos_parser(time);
        case ListDialect::nonstop:
            return make_nonstop_parser(time);
        case ListDialect::nlst:
        case ListDialect::unknown:
            return make_nlst_parser();
    }
    return make_nlst_parser();
}

bool names_the_switch(std::string_view name) noexcept {
    return name == "-a" || name == "-al" || name == "-la";
}

}  // namespace

std::string_view to_string(ListDialect dialect) noexcept {
    switch (dialect) {
        case ListDialect::unknown:
            return "unknown";
        case ListDialect::mlsd:
            return "mlsd";
        case ListDialect::unix_:
            return "unix";
        case ListDialect::dos:
            return "dos";
        case ListDialect::vms:
            return "vms";
        case ListDialect::os400:
            return "os400";
        case ListDialect::zos:
            return "zos";
        case ListDialect::netware:
            return "netware";
        case ListDialect::eplf:
            return "eplf";
        case ListDialect::macos:
            return "macos";
        case ListDialect::nonstop:
            return "nonstop";
        case ListDialect::nlst:
            return "nlst";
    }
    return "unknown";
}

ListDialect dialect_for_system(std::string_view syst_text) {
    const auto words = text::lowered(syst_text);
    if (text::has_any(words, {"windows", "ms-dos", "os/2"})) return ListDialect::dos;
    if (text::has_any(words, {"openvms", "vms"})) return ListDialect::vms;
    if (text::has_any(words, {"os/400", "os400"})) return ListDialect::os400;
    if (text::has_any(words, {"mvs", "z/os", "zos", "z/vm"})) return ListDialect::zos;
    if (text::has_any(words, {"netware"})) return ListDialect::netware;
    if (text::has_any(words, {"nonstop", "guardian", "tandem"})) return ListDialect::nonstop;
    if (text::has_any(words, {"macos peter"})) return ListDialect::macos;
    if (text::has_any(words, {"unix", "linux", "l8"})) return ListDialect::unix_;
    return ListDialect::unknown;
}

ListParser::ListParser(ListOptions options)
    : options_(std::move(options)), time_(std::make_unique<ListTime>(options_.time_zone, options_.now)) {
    if (options_.dialect == ListDialect::unknown) return;
    dialect_ = options_.dialect;
    parser_ = make_parser(dialect_, *time_);
}

ListParser::~ListParser() = default;
ListParser::ListParser(ListParser&&) noexcept = default;
ListParser& ListParser::operator=(ListParser&&) noexcept = default;

void ListParser::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto piece = bytes.substr(0, end);
        if (discarding_) {
            // The rest of a line beyond the limit.
        } else if (partial_.size() + piece.size() > options_.line_limit) {
            skip(partial_.empty() ? piece : std::string_view(partial_));
            partial_.clear();
            discarding_ = true;
        } else if (end == std::string_view::npos) {
            partial_.append(piece);
        } else if (partial_.empty()) {
            line(piece);
        } else {
            partial_.append(piece);
            line(partial_);
            partial_.clear();
        }
        if (end == std::string_view::npos) return;
        discarding_ = false;
        bytes.remove_prefix(end + 1);
    }
}

bool ListParser::is_amid_line() const noexcept {
    constexpr std::string_view kMarks("\r\0\x1a", 3);  // some servers end a text so
    return discarding_ || partial_.find_first_not_of(kMarks) != std::string::npos;
}

void ListParser::finish() {
    if (!partial_.empty()) line(partial_);
    partial_.clear();
    discarding_ = false;
    if (!parser_) decide();
    // Whatever is left was understood by no dialect.
    for (const auto& text : sample_)
        if (!text::trimmed(text).empty()) skip(text);
    sample_.clear();
}

std::vector<Entry> ListParser::take_batch() {
    return std::exchange(entries_, {});
}

bool ListParser::took_switch_for_name() const noexcept {
    return (accepted_ == 0 && switch_complaint_) || (accepted_ == 1 && switch_entry_);
}

void ListParser::line(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) return;
    ++lines_;
    if (parser_) return parse(text);
    sample_.emplace_back(text);
    if (sample_.size() == kSampleLines || sample_.size() % 32 == 0) decide();
    if (!parser_ && sample_.size() >= kBannerLines) {
        for (const auto& banner : sample_)
            skip(banner);
        sample_.clear();
    }
}

void ListParser::decide() {
    struct Score {
        std::size_t entries = 0, ignored = 0;
        bool hinted = false;
        auto operator<=>(const Score&) const = default;
    };
    Score best;
    ListDialect found = ListDialect::unknown;
    for (const auto dialect : kDetectable) {
        const auto candidate = make_parser(dialect, *time_);
        Score score;
        for (const auto& text : sample_) {
            Entry entry;
            const auto result = candidate->parse(text, entry);
            score.entries += result == LineResult::entry ? 1 : 0;
            score.ignored += result == LineResult::ignored ? 1 : 0;
        }
        if (score.entries == 0 && score.ignored == 0) continue;
        score.hinted = dialect == options_.hint;
        if (score > best) {
            best = score;
            found = dialect;
        }
    }
    // A heading alone proves a dialect only at the end; until then better evidence may come.
    if (found == ListDialect::unknown) return;
    dialect_ = found;
    parser_ = make_parser(found, *time_);
    for (const auto& text : std::exchange(sample_, {}))
        parse(text);
}

void ListParser::parse(std::string_view text) {
    if (entries_.empty()) entries_.reserve(kBatch);
    Entry& entry = entries_.emplace_back();
    const auto result = parser_->parse(text, entry);
    const auto drop = [&] { entries_.pop_back(); };
    if (result == LineResult::ignored) return drop();
    if (result == LineResult::bad) {
        drop();
        if (!text::trimmed(text).empty()) skip(text);
        return;
    }
    if (entry.name == "." || entry.name == "..") return drop();
    if (!path::is_plain_name(entry.name)) {
        ++unsafe_;
        drop();
        return skip(text);
    }
    ++accepted_;
    if (accepted_ == 1) switch_entry_ = names_the_switch(entry.name);
}

void ListParser::skip(std::string_view text) {
    ++skipped_;
    switch_complaint_ =
        switch_complaint_ || text::has_any(text, {"-a:", "-a ", "-al", "-la", "\"-a\"", "'-a'"});
    if (skipped_lines_.size() < kKeptSkippedLines) skipped_lines_.emplace_back(text.substr(0, 256));
}

std::optional<Entry> parse_mlst_line(std::string_view line) {
    // One space stands in front of the facts (RFC 3659, 7.2); some servers leave it away or repeat the code.
    if (line.starts_with("250-") || line.starts_with("250 ")) line.remove_prefix(4);
    if (line.starts_with(' ') && line.find('=') != std::string_view::npos) line.remove_prefix(1);
    Entry entry;
    const auto parser = make_mlsd_parser();
    const auto result = parser->parse(line, entry);
    // An MLST of the directory itself may call it "cdir".
    if (result == LineResult::bad) return std::nullopt;
    if (result == LineResult::ignored) entry.type = EntryType::directory;
    while (entry.name.size() > 1 && entry.name.ends_with('/'))
        entry.name.pop_back();
    if (const auto slash = entry.name.rfind('/'); slash != std::string::npos && entry.name.size() > 1)
        entry.name.erase(0, slash + 1);
    return entry;
}

}  // namespace fairlead::ftp
