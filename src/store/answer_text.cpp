#include "store/answer_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "fairlead/error.hpp"

namespace fairlead::store {

namespace json = boost::json;

std::string headers_to_text(const AnswerHeaders& headers) {
    json::array list;
    for (const auto& [name, value] : headers)
        list.push_back(json::array{json::string(name), json::string(value)});
    return json::serialize(list);
}

AnswerHeaders headers_of_text(std::string_view text) {
    boost::system::error_code failure;
    const auto list = json::parse(text, failure);
    AnswerHeaders headers;
    bool whole = !failure && list.is_array();
    if (whole)
        for (const auto& pair : list.get_array()) {
            whole = whole && pair.is_array() && pair.get_array().size() == 2 &&
                    pair.get_array()[0].is_string() && pair.get_array()[1].is_string();
            if (whole)
                headers.emplace_back(pair.get_array()[0].get_string(), pair.get_array()[1].get_string());
        }
    if (!whole) throw Error(ErrorCode::internal, "The store holds an answer whose headers are damaged.");
    return headers;
}

}  // namespace fairlead::store
