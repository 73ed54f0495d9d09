#include "monitor/letters.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "catalog/monitor.hpp"
#include "fairlead/error.hpp"
#include "monitor/monitor_state.hpp"
#include "service/alerts.hpp"
#include "store/event_store.hpp"
#include "store/store.hpp"

namespace fairlead::monitor {

namespace json = boost::json;

json::object letters_of(store::Store& store, const catalog::Resource& of, std::uint64_t after, std::size_t limit) {
    const auto found = store.events().dead_letters(of.record.id, after, limit);
    json::array items;
    for (const auto& letter : found)
        items.push_back(json::object{
            {"event", letter.event.document.empty() ? event_json(letter.event, catalog::monitor_of(of))
                                                    : json::parse(letter.event.document).as_object()},
            {"receiver", letter.consumer.substr(0, letter.consumer.find(':'))},
            {"attempts", letter.attempts},
            {"problem", letter.problem},
            {"at", to_rfc3339(letter.at)}});
    const auto next =
        found.size() == limit ? json::value(std::to_string(found.back().event.sequence)) : json::value();
    return {{"items", std::move(items)}, {"next", next}};
}

std::int64_t change_letters(store::Store& store, const catalog::Resource& of, const std::string& id, bool replay) {
    auto& events = store.events();
    std::int64_t count = 0;
    store.together([&] {
        count = 0;
        for (const auto& consumer : {service::webhook_consumer(of.record.id), service::mail_consumer(of.record.id)})
            count += replay ? events.replay(consumer, id) : events.drop(consumer, id);
    });
    if (count == 0 && !id.empty())
        throw Error(ErrorCode::not_found,
                    fmt::format("The {} '{}' has no dead letter '{}'.", to_string(of.kind), of.name, id));
    return count;
}

}  // namespace fairlead::monitor
