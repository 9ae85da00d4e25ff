-- Posts TokenReviews: the tokens of the file that TOKENS names, one after the other, each thread from its own place.
local threads = 0

function setup(thread)
  thread:set("place", threads * 37)
  threads = threads + 1
end

function init()
  requests = {}
  local headers = { ["Content-Type"] = "application/json" }
  for token in io.lines(os.getenv("TOKENS")) do
    local body = '{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"' .. token ..
      '","audiences":["load"]},"status":{"user":{}}}'
    requests[#requests + 1] = wrk.format("POST", "/authenticate", headers, body)
  end
end

function request()
  place = place + 1
  return requests[place % #requests + 1]
end
