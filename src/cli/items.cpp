#include "cli/items.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "base/error_json.hpp"
#include "base/utf8.hpp"
#include "cli/report.hpp"
#include "transfer/failure.hpp"

namespace fairlead::cli {

void report_item(Context& context, const std::string& item, const Error& error) {
    std::string text;
    if (context.options.json) {
        auto document = to_json(error);
        document["item"] = to_valid_utf8(item);
        text = boost::json::serialize(document) + "\n";
    } else {
        auto named = error;
        named.message = fmt::format("{}: {}", item, error.message);
        text = to_text(named);
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
}

awaitable<void> for_each_item(Context& context, const std::vector<std::string>& items,
                              std::function<awaitable<void>(const std::string&)> work) {
    for (const auto& item : items) {
        const auto failure = co_await transfer::caught(work(item));
        if (!failure) continue;
        if (items.size() == 1 || failure->code == ErrorCode::cancelled) throw Error(*failure);
        report_item(context, item, *failure);
        context.exit_status = kSomeFailed;
    }
}

}  // namespace fairlead::cli
