#include "service/browse_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/base64.hpp"
#include "fairlead/error.hpp"

namespace fairlead::service {
namespace {

using By = SortKey::By;

std::string_view word_of(By by) {
    switch (by) {
        case By::name:
            return "name";
        case By::path:
            return "path";
        case By::size:
            return "size";
        case By::modified:
            return "modified";
        case By::type:
            return "type";
    }
    return "";
}

SortKey parse_key(std::string_view word) {
    const auto whole = word;
    SortKey key;
    if (word.starts_with('-') || word.starts_with('+')) {
        key.descending = word.front() == '-';
        word.remove_prefix(1);
    }
    if (word.ends_with("-desc")) {
        key.descending = true;
        word.remove_suffix(5);
    } else if (word.ends_with("-asc")) {
        word.remove_suffix(4);
    }
    if (word == "time") word = "modified";
    for (const auto by : {By::name, By::path, By::size, By::modified, By::type}) {
        if (word != word_of(by)) continue;
        key.by = by;
        return key;
    }
    throw Error(ErrorCode::invalid_argument, fmt::format("A listing cannot be sorted by '{}'.", whole))
        .hinting("sort by name, path, size, modified or type; with - in front for the other way round");
}

/// Negative: `a` first; what is not known last.
template <class T>
int compare_known(const std::optional<T>& a, const std::optional<T>& b, bool descending) {
    if (!a || !b) return static_cast<int>(b.has_value()) - static_cast<int>(a.has_value());
    if (*a == *b) return 0;
    return (*a < *b) != descending ? -1 : 1;
}

int compare(const Entry& a, const Entry& b, const SortKey& key) {
    using Text = std::optional<std::string_view>;
    switch (key.by) {
        case By::name:
            return compare_known(Text(a.name), Text(b.name), key.descending);
        case By::path:
            return compare_known(Text(a.path), Text(b.path), key.descending);
        case By::size:
            return compare_known(a.size, b.size, key.descending);
        case By::modified:
            return compare_known(a.modified, b.modified, key.descending);
        case By::type:
            return compare_known(Text(to_string(a.type)), Text(to_string(b.type)), key.descending);
    }
    return 0;
}

[[noreturn]] void refuse_cursor(std::string_view why) {
    Error error(ErrorCode::invalid_argument, fmt::format("The cursor {}.", why));
    error.faults.push_back({"cursor", "", std::string(why)});
    error.hint = "give the text of `next` as it was answered, with the same query; or begin without a cursor";
    throw error;
}

template <class T>
T number(std::string_view text) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) refuse_cursor("is not one of ours");
    return value;
}

std::vector<std::string_view> fields_of(std::string_view text) {
    std::vector<std::string_view> fields;
    for (;;) {
        const auto end = text.find('\0');
        fields.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return fields;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::vector<SortKey> parse_sort(std::string_view text) {
    std::vector<SortKey> sort;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        sort.push_back(parse_key(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return sort;
}

std::string to_string(const std::vector<SortKey>& sort) {
    std::string text;
    for (const auto& key : sort)
        text += fmt::format("{}{}{}", text.empty() ? "" : ",", key.descending ? "-" : "", word_of(key.by));
    return text;
}

bool comes_before(const Entry& a, const Entry& b, const std::vector<SortKey>& sort) {
    for (const auto& key : sort)
        if (const auto order = compare(a, b, key); order != 0) return order < 0;
    return a.path < b.path;
}

TopEntries::TopEntries(std::vector<SortKey> sort, std::optional<Entry> after, std::size_t most)
    : sort_(std::move(sort)), after_(std::move(after)), most_(most) {}

void TopEntries::add(Entry entry) {
    if (after_ && !comes_before(*after_, entry, sort_)) return;
    const auto before = [this](const Entry& a, const Entry& b) { return comes_before(a, b, sort_); };
    if (heap_.size() >= most_) {
        if (heap_.empty() || !before(entry, heap_.front())) return;
        std::ranges::pop_heap(heap_, before);
        heap_.pop_back();
    }
    heap_.push_back(std::move(entry));
    std::ranges::push_heap(heap_, before);
}

std::vector<Entry> TopEntries::finish() {
    std::ranges::sort_heap(heap_,
                           [this](const Entry& a, const Entry& b) { return comes_before(a, b, sort_); });
    return std::move(heap_);
}

std::string to_text(const BrowseCursor& cursor) {
    const auto& last = cursor.last;
    std::string text = "1";
    const auto add = [&](std::string_view field) {
        text += '\0';
        text += field;
    };
    add(to_string(cursor.sort));
    add(std::to_string(cursor.position));
    add(last.path);
    add(last.name);
    add(last.size ? std::to_string(*last.size) : "");
    add(last.modified ? std::to_string(last.modified->time_since_epoch().count()) : "");
    add(std::to_string(static_cast<int>(last.type)));
    return to_base64url(text);
}

BrowseCursor parse_cursor(std::string_view text, const std::vector<SortKey>& sort) {
    const auto bytes = from_base64url(text);
    if (!bytes) refuse_cursor("is not one of ours");
    const auto fields = fields_of(*bytes);
    if (fields.size() != 8 || fields[0] != "1") refuse_cursor("is not one of ours");
    if (fields[1] != to_string(sort)) refuse_cursor("belongs to a listing in another order");
    BrowseCursor cursor;
    cursor.sort = sort;
    cursor.position = number<std::uint64_t>(fields[2]);
    cursor.last.path = fields[3];
    cursor.last.name = fields[4];
    if (!fields[5].empty()) cursor.last.size = number<std::uint64_t>(fields[5]);
    if (!fields[6].empty())
        cursor.last.modified = Time(std::chrono::milliseconds(number<std::int64_t>(fields[6])));
    const auto type = number<int>(fields[7]);
    if (type < 0 || type > static_cast<int>(EntryType::other)) refuse_cursor("is not one of ours");
    cursor.last.type = static_cast<EntryType>(type);
    return cursor;
}

bool Resumption::passes(std::string_view path) {
    if (skip_ > 0) {
        --skip_;
        return false;
    }
    if (!waiting_) return true;
    if (path == last_) waiting_ = false;
    return false;
}

}  // namespace fairlead::service
