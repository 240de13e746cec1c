"""The models that every network is measured against, from "nothing changes" to Prophet, under the same contract."""
