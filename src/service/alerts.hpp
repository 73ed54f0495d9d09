#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/resource.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::service {

/// A flow or an operation of which something is told, and who wants to hear it.
struct AlertSubject {
    catalog::Kind kind = catalog::Kind::flow;
    std::string id, project, name;
    std::string webhook;
    std::vector<std::string> email;
};
/// Nothing for a resource of another kind.
std::optional<AlertSubject> alert_subject(const catalog::Resource& resource);

/// Who takes the events of a monitor, flow or operation: names of store::EventStore's consumers.
std::string webhook_consumer(std::string_view id);
std::string mail_consumer(std::string_view id);

/// Something to be told. `key` tells it from everything else that is told of the subject.
struct Alert {
    std::string type;  ///< "fairlead.flow.expectation.missed"
    std::string key;
    Time at{};
    boost::json::object data;  ///< with a `message` for people
};

/// Makes it an event (a CloudEvent 1.0 in JSON) for those who are to hear of it, in one transaction, if that was not
/// done before. Gives whether it was.
bool alert(store::Store& store, const AlertSubject& subject, const Alert& alert);

/// What was told of a subject, newest first: {at, event, state, told, attempts, problem}. state: told, waits, given up
/// (a dead letter now), or nobody (who would hear it).
boost::json::array alerts_of(store::Store& store, std::string_view id, std::size_t limit);

}  // namespace fairlead::service
