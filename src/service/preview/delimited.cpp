#include "service/preview/delimited.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

namespace fairlead::service::preview {
namespace {

constexpr std::size_t kLooked = 100;  // records by which a dialect is judged
constexpr std::array kDelimiters{',', ';', '\t', '|', '~', '\x01', ':', ' '};

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_integer(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return is_digits(text) && text.size() <= 18 && (text.size() == 1 || text.front() != '0');
}

bool is_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() &&
           std::isalpha(static_cast<unsigned char>(text.back())) == 0;
}

bool is_boolean(std::string_view text) {
    std::string word(text);
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    return word == "true" || word == "false" || word == "yes" || word == "no";
}

/// "2026-03-01", "01.03.2026", "3/1/2026".
bool is_date(std::string_view text) {
    if (text.size() < 8 || text.size() > 10) return false;
    const auto separator = text.find_first_of("-./");
    if (separator == std::string_view::npos) return false;
    std::vector<std::string_view> parts;
    for (const char mark = text[separator];;) {
        const auto end = std::min(text.find(mark), text.size());
        parts.push_back(text.substr(0, end));
        if (end == text.size()) break;
        text.remove_prefix(end + 1);
    }
    return parts.size() == 3 && std::ranges::all_of(parts, is_digits) &&
           std::ranges::count_if(parts, [](std::string_view part) { return part.size() == 4; }) == 1;
}

/// A date, "T" or a space, and a time of day with whatever follows it.
bool is_timestamp(std::string_view text) {
    const auto between = text.find_first_of("T ");
    if (between == std::string_view::npos || !is_date(text.substr(0, between))) return false;
    const auto time = text.substr(between + 1);
    return time.size() >= 5 && is_digits(time.substr(0, 2)) && time[2] == ':' && is_digits(time.substr(3, 2));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

std::string_view value_type(std::string_view text) {
    text = trimmed(text);
    if (is_integer(text)) return "integer";
    if (is_boolean(text)) return "boolean";
    if (is_date(text)) return "date";
    if (is_timestamp(text)) return "timestamp";
    if (!text.empty() && is_number(text)) return "number";
    return "string";
}

bool looks_like_a_name(std::string_view text) {
    text = trimmed(text);
    const auto first = text.empty() ? '0' : text.front();
    return text.size() <= 64 && std::isdigit(static_cast<unsigned char>(first)) == 0 &&
           std::ranges::none_of(text, [](char c) { return c == '@' || c == '\n' || c == '\r'; }) &&
           value_type(text) == "string";
}

/// How well a delimiter divides: the share of records with the most frequent number of fields, which must be
/// 2 at least.
struct Score {
    double share = 0;
    std::size_t fields = 0;
    bool operator<(const Score& other) const {
        if (share != other.share) return share < other.share;
        return fields < other.fields;
    }
};

Score score_of(const std::vector<Record>& records) {
    std::map<std::size_t, std::size_t> counts;
    for (const auto& record : records)
        ++counts[record.size()];
    Score score;
    std::size_t most = 0;
    for (const auto& [fields, count] : counts)
        if (count >= most) {
            most = count;
            score.fields = fields;
        }
    if (score.fields < 2) return {};
    score.share = static_cast<double>(most) / static_cast<double>(records.size());
    return score;
}

/// One record after the other.
class Reader {
  public:
    Reader(std::string_view text, const Dialect& dialect) : text_(text), dialect_(dialect) {}

    /// False: the text ended. `complete`: the record's line end, or the text's own end, was there.
    bool next(Record& record, bool& complete) {
        record.clear();
        if (at_ == text_.size()) return false;
        for (;;) {
            std::string field;
            complete = read_field(field);
            record.push_back(std::move(field));
            if (at_ == text_.size()) return true;
            const char mark = text_[at_++];
            if (mark == dialect_.delimiter) {
                if (at_ < text_.size()) continue;
                record.emplace_back();
                complete = false;
                return true;
            }
            if (mark == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
            complete = true;
            return true;
        }
    }

  private:
    /// Up to the delimiter or the line end. False where the text ended before either.
    bool read_field(std::string& field) {
        if (dialect_.quote != '\0' && at_ < text_.size() && text_[at_] == dialect_.quote) read_quoted(field);
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == dialect_.delimiter || c == '\n' || c == '\r') return true;
            field += c;
            ++at_;
        }
        return false;
    }

    void read_quoted(std::string& field) {
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            const bool followed = at_ < text_.size() && text_[at_] == dialect_.quote;
            if (c == '\\' && followed && at_ + 1 < text_.size() && !ends_field(at_ + 1)) {
                field += text_[at_++];
            } else if (c != dialect_.quote) {
                field += c;
            } else if (followed) {
                field += c;
                ++at_;
            } else {
                return;
            }
        }
    }

    bool ends_field(std::size_t at) const {
        return text_[at] == dialect_.delimiter || text_[at] == '\n' || text_[at] == '\r';
    }

    std::string_view text_;
    const Dialect& dialect_;
    std::size_t at_ = 0;
};

/// Whether fields stand in single quotes, and not in double ones.
char quote_of(std::string_view text) {
    std::size_t single = 0, twice = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        const char c = text[at];
        if (c != '\'' && c != '"') continue;
        const char before = at == 0 ? '\n' : text[at - 1];
        const bool opens = std::ranges::find(kDelimiters, before) != kDelimiters.end() || before == '\n';
        if (opens && before != ' ') ++(c == '"' ? twice : single);
    }
    return single > twice ? '\'' : '"';
}

}  // namespace

std::vector<Record> parse_records(std::string_view text, const Dialect& dialect, bool whole,
                                  std::size_t most) {
    std::vector<Record> records;
    Reader reader(text, dialect);
    Record record;
    bool complete = false;
    while (records.size() < most && reader.next(record, complete)) {
        if (!complete && !whole && !records.empty()) break;
        const bool empty_line = record.size() == 1 && record.front().empty();
        if (!empty_line) records.push_back(record);
    }
    return records;
}

std::optional<Dialect> detect_dialect(std::string_view text, bool whole, std::optional<char> quote) {
    Dialect best{'\0', quote ? *quote : quote_of(text)};
    Score best_score;
    for (const char delimiter : kDelimiters) {
        const Dialect dialect{delimiter, best.quote};
        const auto records = parse_records(text, dialect, whole, kLooked);
        auto score = score_of(records);
        // Words and times of day divide prose as well.
        const bool weak = delimiter == ' ' || delimiter == ':';
        if (weak && (score.share < 1 || records.size() < 3)) continue;
        if (score.share < 0.5) continue;
        if (weak && best_score.share >= 0.9) continue;
        if (best_score < score) {
            best_score = score;
            best.delimiter = delimiter;
        }
    }
    if (best_score.fields == 0) return std::nullopt;
    return best;
}

std::string column_type(const std::vector<Record>& records, std::size_t first, std::size_t column) {
    std::set<std::string_view> types;
    for (std::size_t i = first; i < records.size(); ++i)
        if (column < records[i].size() && !trimmed(records[i][column]).empty())
            types.insert(value_type(records[i][column]));
    if (types.size() == 1) return std::string(*types.begin());
    if (types == std::set<std::string_view>{"integer", "number"}) return "number";
    if (types == std::set<std::string_view>{"date", "timestamp"}) return "timestamp";
    return "string";
}

bool detect_header(const std::vector<Record>& records) {
    if (records.empty()) return false;
    const auto& first = records.front();
    const std::set<std::string> names(first.begin(), first.end());
    const bool may_be =
        names.size() == first.size() && std::ranges::all_of(first, [](const std::string& cell) {
            return !trimmed(cell).empty() && value_type(cell) == "string";
        });
    if (!may_be) return false;
    for (std::size_t column = 0; column < first.size(); ++column)
        if (column_type(records, 1, column) != "string") return true;
    if (!std::ranges::all_of(first, looks_like_a_name)) return false;
    for (std::size_t i = 1; i < records.size(); ++i)
        for (std::size_t column = 0; column < std::min(first.size(), records[i].size()); ++column)
            if (records[i][column] == first[column]) return false;
    return true;
}

}  // namespace fairlead::service::preview
