#include "store/postgres/rows.hpp"

#include <libpq-fe.h>

#include <charconv>

#include "store/postgres/value.hpp"

namespace fairlead::store::postgres {
namespace {

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

bool Row::is_null(int column) const {
    return PQgetisnull(result_, number_, column) == 1;
}

std::string_view Row::text(int column) const {
    return {PQgetvalue(result_, number_, column),
            static_cast<std::size_t>(PQgetlength(result_, number_, column))};
}

std::int64_t Row::number(int column) const {
    return number_in(text(column));
}

bool Row::truth(int column) const {
    return text(column) == "t";
}

std::string Row::bytes(int column) const {
    if (is_null(column)) return {};
    std::size_t size = 0;
    struct Free {
        void operator()(unsigned char* bytes) const noexcept { PQfreemem(bytes); }
    };
    const std::unique_ptr<unsigned char, Free> bytes(
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(result_, number_, column)), &size));
    return {reinterpret_cast<const char*>(bytes.get()), size};
}

int Rows::size() const {
    return result_ ? PQntuples(result_.get()) : 0;
}

std::int64_t Rows::changed() const {
    return result_ ? number_in(PQcmdTuples(result_.get())) : 0;
}

void Rows::Clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

Value Value::list(std::span<const std::string> texts) {
    std::string array = "{";
    for (const auto& text : texts) {
        if (array.size() > 1) array += ',';
        array += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') array += '\\';
            array += c;
        }
        array += '"';
    }
    return {array + "}"};
}

}  // namespace fairlead::store::postgres
